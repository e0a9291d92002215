import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { Problem } from '../base/problem.ts'
import { openDatabase, type PenstockDatabase } from '../database/database.ts'
import { tenantFinder } from './tenants.ts'

let database: TestDatabase
let db: PenstockDatabase
const time = { now: Date.now() }
const clock = () => time.now

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.openAs('metrics-ingest-pubsub')
})
afterAll(async () => await database.drop())

describe('a tenant', () => {
  it('is found by its name, with what its requests need', async () => {
    const id = await createTenant(database, 'found')
    await database.query("update tenant set series_limit = 7, ignored_labels = '{request_id,pod}' where id = $1", [id])
    expect(await tenantFinder({ db, clock })('found')).toEqual({
      id,
      name: 'found',
      seriesLimit: 7,
      ignoredLabels: ['request_id', 'pod'],
      suspended: false,
    })
  })

  it('says that it is suspended', async () => {
    const id = await createTenant(database, 'suspended')
    await database.query("update tenant set status = 'suspended' where id = $1", [id])
    expect((await tenantFinder({ db, clock })('suspended'))?.suspended).toBe(true)
  })

  it.each(['nobody', '', 'UPPER', "'; drop table tenant", 'x'.repeat(64), '__proto__'])(
    'is not found: %s',
    async (name) => {
      expect(await tenantFinder({ db, clock })(name)).toBeUndefined()
    },
  )

  it('is remembered 30 s, also that it is not there', async () => {
    const find = tenantFinder({ db, clock })
    expect(await find('late')).toBeUndefined()
    await createTenant(database, 'late')
    time.now += 29_999
    expect(await find('late')).toBeUndefined()
    time.now += 1
    expect((await find('late'))?.name).toBe('late')
    await database.query("update tenant set status = 'suspended' where name = 'late'")
    time.now += 29_999
    expect((await find('late'))?.suspended).toBe(false)
    time.now += 1
    expect((await find('late'))?.suspended).toBe(true)
  })

  it('is not asked for by a name that no tenant can have', async () => {
    const find = tenantFinder({ db: { ...db, readAll: () => Promise.reject(new Error('asked')) }, clock })
    expect(await find('Not A Name')).toBeUndefined()
  })

  it('passes on that the database has trouble', async () => {
    const down = openDatabase('metrics-ingest-pubsub', {
      url: 'postgres://nobody@127.0.0.1:1/none',
      ca: undefined,
      inCloud: false,
    })
    const find = tenantFinder({ db: down, clock: () => Date.now() - 9_000 })
    await expect(find('found')).rejects.toMatchObject({ kind: { status: 503 } })
    await expect(find('found')).rejects.toBeInstanceOf(Problem)
    await down.close()
  })
})
