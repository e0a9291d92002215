import { budget, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { readMigrations } from '../../database/migrations.ts'
import { runChecks, type Target } from './check.ts'
import { databaseChecks, type WithDatabase } from './database-checks.ts'

const target: Target = { project: 'acme-prod', region: 'europe-west1', tier: 'small', prefix: 'penstock' }
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

test('a migrated database is at head and gives the connections that the functions need', async () => {
  expect(await findings()).toEqual({
    schema: { state: 'ok', detail: `at ${readMigrations().at(-1)?.name}` },
    max_connections: {
      state: 'ok',
      detail: `400, 3 of them reserved by the server; the functions may open ${spent(budget, 'small').connections}`,
    },
    'database log': { state: 'ok', detail: 'holds no values of statements and no parts of rows' },
  })
})

test('a database behind this release, or ahead of it, is named with its migration', async () => {
  await db.query(`insert into schema_migration (name, sha256) values ('9999-later', 'x')`)
  expect((await findings())['schema']).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('at 9999-later, newer'),
  })

  await db.query(`update schema_migration set name = '0000-first' where name like '0001%'`)
  await db.query(`delete from schema_migration where name <> '0000-first'`)
  expect((await findings())['schema']).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('at 0000-first, and this release has'),
    mend: 'npm run migrate',
  })

  await db.query(`delete from schema_migration`)
  expect((await findings())['schema']).toMatchObject({
    state: 'failed',
    detail: 'no migration was applied',
    mend: 'npm run migrate',
  })

  await db.query('alter table schema_migration rename to gone')
  expect((await findings())['schema']).toMatchObject({ state: 'failed', detail: 'the database is empty' })
})

test.each([
  ['log_min_duration_statement', { log_min_duration_statement: '1000', log_parameter_max_length: '-1' }],
  ['log_statement', { log_statement: 'mod', log_parameter_max_length: '-1' }],
  ['log_duration', { log_duration: 'on', log_parameter_max_length: '-1' }],
  ['log_min_duration_sample', { log_min_duration_sample: '10', log_parameter_max_length: '100' }],
  ['log_parameter_max_length_on_error', { log_parameter_max_length_on_error: '-1' }],
  ['log_error_verbosity', { log_error_verbosity: 'default' }],
  ['auto_explain.log_min_duration', { 'auto_explain.log_min_duration': '1000' }],
  ['pgaudit.log_parameter', { 'pgaudit.log_parameter': 'on' }],
])('a setting by which values reach the database log is named: %s', async (name, settings) => {
  try {
    for (const [setting, value] of Object.entries(settings)) await client.query(`set ${setting} = '${value}'`)
    expect((await findings())['database log']).toMatchObject({
      state: 'failed',
      detail: `values that customers sent reach it by ${name}`,
    })
  } finally {
    await client.query('reset all')
  }
})

test('out of reach of the database it says how to ask from inside', async () => {
  const lines = await runChecks(databaseChecks(undefined, target), target)

  expect(lines[0]?.finding).toMatchObject({
    state: 'skipped',
    detail: expect.stringContaining('gcloud run jobs execute penstock-admin --args=scripts/penstock.ts,migrate,check'),
  })
})

async function findings(): Promise<Record<string, unknown>> {
  const withDatabase: WithDatabase = async (work) => await work(client)
  const lines = await runChecks(databaseChecks(withDatabase, target), target)
  return Object.fromEntries(lines.map(({ name, finding }) => [name, finding]))
}
