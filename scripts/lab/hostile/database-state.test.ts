import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../../test/support/points/points.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { createBystander } from './bystander.ts'
import { databaseDamage, readUntouchable, type Untouchable } from './database-state.ts'

const MONTH = Date.UTC(2026, 10)
let db: TestDatabase
let client: Client
let before: Untouchable

beforeAll(async () => {
  // The catalogue has the databases and roles of the whole server, which the other test files make and drop.
  db = await createServerOfItsOwn()
  await makeLive(db, '2026-11-01')
  await createTenant(db, 'hostile')
  client = await db.connect()
  await createBystander(client, MONTH)
  before = await readUntouchable(client)
})

afterAll(async () => {
  await client.end()
  await db.drop()
})

/** Findings while the statements are in effect; they are rolled back. */
async function damageOf(...statements: string[]): Promise<readonly string[]> {
  await client.query('begin')
  try {
    for (const statement of statements) await client.query(statement)
    return await databaseDamage(client, before)
  } finally {
    await client.query('rollback')
  }
}

const series = (fields: string) =>
  `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
   select id, ${fields}, '{}', sha256('s') from tenant where name = 'hostile'`
const counted = `update tenant set series_count = 1 where name = 'hostile'`
const point = (ts: string, value: string) =>
  `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
   select s.tenant_id, s.block, ${ts}, ${ts}, 1, array[s.id], array[${ts}::timestamptz], array[${value}::float8] from metric_series s join tenant t on t.id = s.tenant_id where t.name = 'hostile'`
const pump = series(`'pump', 'temperature', 'C'`)

describe('the look at the database', () => {
  it('finds nothing wrong where callers only stored points', async () => {
    expect(await damageOf(pump, counted, point(`'2026-11-20T12:00:00Z'`, '1.5'))).toEqual([])
  })

  it.each([
    ['a row of another tenant that changed', [`update metric_series set unit = 'F'`], /another tenant/],
    ['a row of another tenant that is gone', [`delete from dead_letter`], /another tenant/],
    ['row security that is off', ['alter table metric_log no force row level security'], /catalogue/],
    ['a policy that is gone', ['drop policy tenant_isolation on metric_log'], /catalogue/],
    ['a table more', ['create table loot (a int)'], /catalogue has changed: \+ relation loot/],
    ['a role more', ['create role intruder'], /catalogue has changed: \+ role intruder/],
    ['a value beyond the bound', [pump, counted, point(`'2026-11-20T12:00:00Z'`, '1e151')], /a value is finite/],
    ['negative zero', [pump, counted, point(`'2026-11-20T12:00:00Z'`, `'-0'`)], /negative zero/],
    ['a series that nobody counted', [pump], /as many series/],
    ['a tenant more', [`insert into tenant (name) values ('loot')`], /nobody makes tenants/],
    [
      'a run that never ended',
      [`insert into job_run (job, lease_until) values ('partitions', now())`],
      /no job runs for ever/,
    ],
    ['an open partition', ['alter table metric_chunk_2026_11 disable row level security'], /a partition has row/],
  ] satisfies [string, string[], RegExp][])('finds %s', async (_, statements, sentence) => {
    expect((await damageOf(...statements)).join('; ')).toMatch(sentence)
  })
})
