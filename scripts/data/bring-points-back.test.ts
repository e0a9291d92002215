import { MINUTE, type Micros, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import { type LogPoint, type LogSeries, storedAs } from '../../test/support/postgres/log-database.ts'
import { bringPointsBack } from './bring-points-back.ts'

const MARCH = '2026-03-01'
const APRIL = '2026-04-01'
const at = (minutes: number): Micros => monthStart(MARCH) + minutes * MINUTE

let running: LogArchive
let restored: LogArchive
let admin: Client
let other: Client
let series: LogSeries
let name: string

beforeAll(async () => {
  running = await openLogArchive([MARCH])
  restored = await openLogArchive([MARCH])
  admin = await connect(running.db.url)
  other = await connect(restored.db.url)
})

afterAll(async () => {
  await admin.end()
  await other.end()
  await running.close()
  await restored.close()
})

beforeEach(async () => {
  for (const { db } of [running, restored]) {
    await db.query('truncate metric_log, metric_chunk, metric_hour, metric_expiry, archive, archiving, archive_next')
    await db.query('truncate metric_series restart identity cascade')
    await db.query('update tenant set series_count = 0')
  }
  series = await running.series(3)
  const same = await restored.series(3)
  if (same.id !== series.id) throw new Error('the databases are not copies of each other')
  name = String((await running.db.query('select name from tenant where id = $1', [running.tenant]))[0]?.['name'])
  for (const { db } of [running, restored]) await db.query('update tenant set name = $1', [name])
})

test('points of log and chunks come back once, over points that were stored since', async () => {
  await restored.write(points(0, 10))
  await passTheGate(restored.deps.db)
  await compactEverything(restored.open('compaction'))
  await restored.write(points(10, 20))
  await running.write([[series, at(4), -4]])

  expect(await back()).toEqual({ points: 19, heldMonths: [] })
  expect(await running.stored()).toEqual(
    texts(points(0, 20).map(([of, when, value]) => [of, when, when === at(4) ? -4 : value])),
  )
  expect(await back()).toEqual({ points: 0, heldMonths: [] })
})

test('the range takes its beginning and leaves its end', async () => {
  await restored.write(points(0, 10))

  expect(await back('2026-03-01T00:02:00Z', '2026-03-01T00:05:00Z')).toMatchObject({ points: 3 })
  expect(await running.stored()).toEqual(texts(points(2, 5)))
})

test('a writer that began earlier is waited for, and one that begins later wins', async () => {
  await restored.write(points(0, 2))
  const writer = await connect(running.db.url)
  await writer.query('begin')
  await insert(writer, at(0), -1)
  const coming = back()
  await waitFor(`select from pg_stat_activity where backend_xid is not null and query like '%pg_snapshot_xmin%'`)
  const later = await connect(running.db.url)
  await insert(later, at(1), -2)
  await writer.query('commit')

  expect((await coming).points).toBeLessThan(2)
  expect(await running.stored()).toEqual(
    texts([
      [series, at(0), -1],
      [series, at(1), -2],
    ]),
  )
  await Promise.all([writer.end(), later.end()])
})

test('a series that had become inactive is active and counted again', async () => {
  await restored.write(points(0, 1))
  await running.db.query('update metric_series set active = false')

  await back()

  const [counted] = await running.db.query(
    'select series_count, (select active from metric_series) as active from tenant where id = $1',
    [running.tenant],
  )
  expect(counted).toEqual({ series_count: 1, active: true })
})

test('points that have expired do not come back', async () => {
  await restored.write([...points(0, 10), [series, monthStart(APRIL), 9]])
  await running.db.query('insert into metric_expiry (tenant_id, before) values ($1, $2)', [running.tenant, APRIL])

  expect(await back()).toMatchObject({ points: 1 })
  expect(await running.stored()).toEqual(texts([[series, monthStart(APRIL), 9]]))
})

test('a month that an object holds is named and left as it is', async () => {
  await restored.write(points(0, 10))
  await running.write(points(0, 5))
  await passTheGate(running.deps.db)
  await archiveMonth(running.deps, { tenantId: running.tenant, month: MARCH })

  expect(await back()).toEqual({ points: 0, heldMonths: [MARCH] })
  expect(await back('2026-04-01T00:00:00Z')).toEqual({ points: 0, heldMonths: [] })
  expect(await running.stored()).toEqual([])
})

test('a series that is missing is refused by its name', async () => {
  await restored.write(points(0, 1))
  await running.db.query('delete from metric_series')
  await expect(back()).rejects.toThrow(`series ${series.id} (`)
})

const points = (from: number, to: number): LogPoint[] =>
  Array.from({ length: to - from }, (_, i) => [series, at(from + i), from + i])

const texts = (of: readonly LogPoint[]): string[] => of.map(([one, when, value]) => storedAs(one, when, value))

async function back(from = '-infinity', to = 'infinity') {
  return await bringPointsBack(admin, other, { tenant: name, from, to })
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, options: '-c timezone=UTC' })
  await client.connect()
  return client
}

async function insert(client: Client, when: Micros, value: number): Promise<void> {
  await client.query(
    `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
     select $1, $2, ts, ts, 1, array[$3::int], array[ts], array[$5::float8] from to_timestamp($4::float8) ts`,
    [running.tenant, series.block, series.id, when / SECOND, value],
  )
}

async function waitFor(query: string): Promise<void> {
  while ((await running.db.query(query)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
