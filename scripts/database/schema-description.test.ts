import { readFileSync } from 'node:fs'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { describeSchema } from './schema-description.ts'

let db: TestDatabase
let client: Client
beforeAll(async () => {
  db = await createTestDatabase()
  client = await db.connect()
})
afterAll(async () => {
  await client.end()
  await db.drop()
})
const committed = readFileSync(new URL('../../migrations/schema.sql', import.meta.url), 'utf8')

describe('migrations/schema.sql', () => {
  it('is what the migrations come to', async () => {
    expect(await describeSchema(client)).toBe(committed)
  })

  it.each([
    ['an index', 'drop index metric_series_name'],
    ['a column', 'alter table tenant add column extra int'],
    ['a check', 'alter table tenant drop constraint tenant_name_check'],
    ['row security', 'alter table tenant no force row level security'],
    ['a policy', 'drop policy tenant_isolation on tenant'],
    ['a function', 'alter function find_tenant(text) volatile'],
    ['a trigger', 'drop trigger move_version on insight_feedback'],
  ])('differs when %s does', async (_, change) => {
    await client.query('begin')
    await client.query(change)
    expect(await describeSchema(client)).not.toBe(committed)
    await client.query('rollback')
  })
})
