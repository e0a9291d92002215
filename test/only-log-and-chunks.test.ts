// The migration that drops the former tables of points refuses a database that still has rows there, and leaves it as it is.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createRoles } from '../scripts/database/apply-roles.ts'
import { applyMigrations, readMigrations } from '../scripts/database/migrations.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

const ONLY = '0130-only-log-and-chunks'
const before = readMigrations().filter(({ name }) => name < ONLY)
const only = readMigrations().filter(({ name }) => name <= ONLY)
const database = `former_${randomBytes(4).toString('hex')}`

let server: Client
let client: Client
beforeAll(async () => {
  server = new Client({ connectionString: inject('postgresUrl') })
  await server.connect()
  await server.query(`create database ${database}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${database}`
  client = new Client({ connectionString: url.href })
  await client.connect()
  await client.query('begin')
  await createRoles(client, { budget: everyDeployment, tier: 'large', users: undefined })
  await client.query('commit')
  await applyMigrations(client, before, () => {})
  await client.query(`insert into tenant (name) values ('acme')`)
})
afterAll(async () => {
  await client.end()
  await server.query(`drop database ${database} with (force)`)
  await server.end()
})

it.each([
  [
    'metric_point',
    `create table a_month partition of metric_point for values from ('2026-01-01Z') to ('2026-02-01Z');
     insert into metric_point (tenant_id, series_id, ts, value) select id, 1, '2026-01-02Z', 1 from tenant`,
    'drop table a_month',
  ],
  [
    'deferred_point',
    `insert into deferred_point (tenant_id, series_id, ts, value) select id, 1, '2026-01-02Z', 1 from tenant`,
    'delete from deferred_point',
  ],
])('refuses rows of %s, names the release to use, and changes nothing', async (table, insert, remove) => {
  await client.query(insert)
  const refusal = `points of this database are still rows (${table} is not empty): deploy the release both-stores, run "penstock move" there`
  await expect(applyMigrations(client, only, () => {})).rejects.toThrow(refusal)
  const { rows } = await client.query(
    `select (select count(*)::int from ${table}) as rows, (select log_and_chunks from store_state) as switched,
       (select count(*)::int from pg_class where relrowsecurity and not relforcerowsecurity) as open`,
  )
  expect(rows).toEqual([{ rows: 1, switched: false, open: 0 }])
  await client.query(remove)
})

it('drops the tables of a database without rows, and says to whoever asks them what to ask instead', async () => {
  const lines: string[] = []
  await applyMigrations(client, only, (line) => lines.push(line))
  expect(lines).toEqual([`migrated: ${ONLY}`])
  await expect(client.query('select count(*) from metric_point')).rejects.toThrow(
    'metric_point is no table any more: ask the function metric_points(series, from, to), or look at stored_point',
  )
  expect((await client.query(`select to_regclass('deferred_point') as gone`)).rows).toEqual([{ gone: null }])
})
