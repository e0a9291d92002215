import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { makeTenants, storePoints } from '../lab/drill/drill-data.ts'
import { checksumTables, differingTables } from '../lab/drill/table-checksums.ts'
import { bringPointsBack } from './bring-points-back.ts'

let running: TestDatabase
let restored: TestDatabase
let admin: Client
let other: Client

beforeAll(async () => {
  running = await createTestDatabase()
  restored = await createTestDatabase()
  admin = new Client({ connectionString: running.url, options: '-c timezone=UTC' })
  other = new Client({ connectionString: restored.url, options: '-c timezone=UTC' })
  for (const client of [admin, other]) {
    await client.connect()
    await makeTenants(client)
  }
})

afterAll(async () => {
  await admin.end()
  await other.end()
  await running.drop()
  await restored.drop()
})

beforeEach(async () => {
  await running.query('delete from metric_point')
  await running.query('delete from rollup_invalidation')
  await running.query(`update metric_month set state = 'live'`)
  await running.query(`update rollup_mark set fence = '-infinity'`)
  await restored.query('delete from metric_point')
  await storePoints(other, 1, 400)
})

test('what is missing comes back, for the named tenant alone, once', async () => {
  expect(await back('acme')).toBe(200)
  expect(await back('acme')).toBe(0)

  expect(await running.query('select distinct tenant_id from metric_point')).toEqual([
    { tenant_id: await tenant('acme') },
  ])
})

test('with every tenant back, both databases have the same points', async () => {
  expect(differingTables(await checksumTables(admin), await checksumTables(other))).toContain('metric_point')

  for (const name of ['acme', 'globex']) await back(name)

  expect(differingTables(await checksumTables(admin), await checksumTables(other))).not.toContain('metric_point')
  await running.query('update metric_point set value = value + 1e-9 where ts = (select max(ts) from metric_point)')
  expect(differingTables(await checksumTables(admin), await checksumTables(other))).toContain('metric_point')
})

test('a point that was stored again since then keeps its value', async () => {
  await running.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select $1, min(s.id), date_trunc('month', now()) - interval '1 month' + interval '1.000001 s', -1
     from metric_series s where s.tenant_id = $1`,
    [await tenant('acme')],
  )

  expect(await back('acme')).toBe(199)
  expect(await running.query('select count(*)::int as kept from metric_point where value = -1')).toEqual([{ kept: 1 }])
})

test('the range takes its beginning and leaves its end', async () => {
  const { rows } = await other.query<{ first: string; second: string }>(
    `select min(ts)::text as first, (min(ts) + interval '2 s')::text as second from metric_point`,
  )

  // The first instant of every series, and not the next that the month has.
  expect(await back('acme', rows[0]?.first, rows[0]?.second)).toBe(10)
})

test('hours below the fence are rolled up again', async () => {
  await running.query(`update rollup_mark set fence = 'infinity'`)
  await back('acme')

  expect(
    await running.query(
      'select count(*)::int as hours, count(distinct series_id)::int as series from rollup_invalidation',
    ),
  ).toEqual([{ hours: 20, series: 10 }])
})

test('a tenant that only one of the databases knows, or under another id, is refused', async () => {
  await expect(back('nobody')).rejects.toThrow('there is no tenant nobody')
  await running.query(`insert into tenant (name) values ('late'), ('later')`)
  await restored.query(`insert into tenant (name) values ('later')`)

  await expect(back('late')).rejects.toThrow('there is no tenant late')
  await expect(back('later')).rejects.toThrow('later has another id in the restored database')
})

test('an admin who is no superuser brings points back, and is as before afterwards', async () => {
  await running.query(`create role cloud_admin createrole in role penstock_owner, penstock_authenticator`)
  for (const client of [admin, other]) await client.query('set session authorization cloud_admin')
  try {
    expect(await back('acme')).toBe(200)
    const { rows } = await admin.query(`select pg_has_role('cloud_admin', 'penstock_partitions', 'member') as member`)
    expect(rows).toEqual([{ member: false }])
  } finally {
    for (const client of [admin, other]) await client.query('reset session authorization')
    await running.query('drop role cloud_admin')
  }
})

test('a month that is not live is left alone', async () => {
  await running.query(`update metric_month set state = 'sealed' where month = (select max(month) from metric_month)`)

  expect(await back('acme')).toBe(100)
})

async function back(name: string, from = '-infinity', to = 'infinity'): Promise<number> {
  return (await bringPointsBack(admin, other, { tenant: name, from, to })).points
}

async function tenant(name: string): Promise<number> {
  const rows = await running.query<{ id: number }>('select id from tenant where name = $1', [name])
  return rows[0]?.id ?? -1
}
