import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/database.ts'
import { bringBack, mountRestored, unmountRestored } from './bring-back.ts'
import { makeTenants, storePoints } from './drill-data.ts'
import { checksumTables, differingTables } from './table-checksums.ts'

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
  const { hostname, port, pathname } = new URL(restored.url)
  const where = { host: hostname, port: Number(port), database: pathname.slice(1) }
  await mountRestored(admin, other, where, inject('rolePassword'))
})

afterAll(async () => {
  await unmountRestored(admin)
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
  expect(await bringBack(admin, await tenant('acme'), '-infinity', 'infinity')).toBe(200)
  expect(await bringBack(admin, await tenant('acme'), '-infinity', 'infinity')).toBe(0)

  expect(await running.query('select distinct tenant_id from metric_point')).toEqual([
    { tenant_id: await tenant('acme') },
  ])
})

test('with every tenant back, both databases have the same points', async () => {
  expect(differingTables(await checksumTables(admin), await checksumTables(other))).toContain('metric_point')

  for (const name of ['acme', 'globex']) await bringBack(admin, await tenant(name), '-infinity', 'infinity')

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

  expect(await bringBack(admin, await tenant('acme'), '-infinity', 'infinity')).toBe(199)
  expect(await running.query('select count(*)::int as kept from metric_point where value = -1')).toEqual([{ kept: 1 }])
})

test('the range takes its beginning and leaves its end', async () => {
  const { rows } = await other.query<{ first: string; second: string }>(
    `select min(ts)::text as first, (min(ts) + interval '2 s')::text as second from metric_point`,
  )

  // The first instant of every series, and not the next that the month has.
  expect(await bringBack(admin, await tenant('acme'), rows[0]?.first ?? '', rows[0]?.second ?? '')).toBe(10)
})

test('hours below the fence are rolled up again', async () => {
  await running.query(`update rollup_mark set fence = 'infinity'`)
  await bringBack(admin, await tenant('acme'), '-infinity', 'infinity')

  expect(
    await running.query(
      'select count(*)::int as hours, count(distinct series_id)::int as series from rollup_invalidation',
    ),
  ).toEqual([{ hours: 20, series: 10 }])
})

test('a month that is not live is left alone', async () => {
  await running.query(`update metric_month set state = 'sealed' where month = (select max(month) from metric_month)`)

  expect(await bringBack(admin, await tenant('acme'), '-infinity', 'infinity')).toBe(100)
})

async function tenant(name: string): Promise<number> {
  const rows = await running.query<{ id: number }>('select id from tenant where name = $1', [name])
  return rows[0]?.id ?? -1
}
