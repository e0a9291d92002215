// A tenant's reader, a login that may send any SQL, sees the points of its own tenant in the log and chunks, and no others.
import { randomBytes, randomInt } from 'node:crypto'
import { DAY, formatTimestamp, HOUR, MINUTE, parseTimestamp } from '@penstock/shared/base/time.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReader } from '../scripts/database/keys/readers.ts'
import { compactEverything } from './support/points/compact-everything.ts'
import { createTenant } from './support/postgres/database.ts'
import { type LogDatabase, type LogSeries, openLog } from './support/postgres/log-database.ts'

const START = parseTimestamp('2026-11-29T20:00:00Z') ?? 0
/** An instant in a month that has no partition. */
const AWAY = parseTimestamp('2026-12-02T00:00:00Z') ?? 0

let log: LogDatabase
let reader: Client
let admin: Client
let series: LogSeries[]
let other: LogSeries
beforeAll(async () => {
  log = await openLog(['2026-11-01'])
  const { db } = log
  // Roles are the server's: other tests' tenants have other numbers.
  await db.query(`alter table tenant alter id restart with ${randomInt(1_000_000, 999_000_000)}`)
  const mine = await createTenant(db, 'mine')
  const theirs = await createTenant(db, 'theirs')
  series = [await log.series(0, mine), await log.series(0, mine), await log.series(1, mine)]
  other = await log.series(0, theirs)
  const points = (value: number, step: number) =>
    series.flatMap((one) =>
      Array.from({ length: 1_300 }, (_, i) => [one, START + i * step, value + i / 10] as const).concat([
        [one, AWAY, value],
      ]),
    )
  const compaction = log.open('compaction')
  await log.write(points(1, MINUTE), mine)
  await log.write([[other, START, 666]], theirs)
  await compactEverything(compaction)
  await log.write([[other, START + 1, 667]], theirs)
  // Some of these points replace points of chunks, and others follow them. They are in rows of a block and in a wide row.
  await log.write(
    points(1_000, 13 * MINUTE).filter((_, i) => i % 7 === 0),
    mine,
  )
  await log.write([[series[0] as LogSeries, START + 2 * HOUR, -1]], mine)

  admin = await db.connect()
  const made = await createReader(
    { client: admin, budget, tier: 'large', randomBytes },
    { tenant: 'mine', connections: 1 },
  )
  const url = new URL(db.url)
  Object.assign(url, { username: made.login, password: made.password })
  reader = new Client({ connectionString: url.href })
  await reader.connect()
})
afterAll(async () => {
  await reader.end()
  await admin.end()
  await log.close()
})

const us = 'extract(epoch from ts) * 1000000'
const pointsOf = async (id: number, from: number, to: number) =>
  (
    await reader.query<{ at: number; value: number }>(
      `select (${us})::float8 as at, value from metric_points($1, $2, $3)`,
      [id, formatTimestamp(from), formatTimestamp(to)],
    )
  ).rows

const ranges: readonly (readonly [number, number])[] = [
  [START - DAY, AWAY + DAY],
  [START, START],
  [START + 1, START + 3 * HOUR],
  [START + 5 * HOUR, START + 5 * HOUR + 30 * MINUTE],
  [START + 4 * HOUR, START + 4 * HOUR - 1],
  [AWAY, AWAY],
]

describe('a reader', () => {
  it('reads the points that metrics-query reads, in order of time', async () => {
    const db = log.open('metrics-query')
    const [tenant] = await log.db.query<{ id: number }>(`select id from tenant where name = 'mine'`)
    const tenantId = tenant?.id ?? 0
    for (const [from, to] of ranges)
      for (const one of series) {
        const found = await db.write(tenantId, (tx) => readSeries(tx, { tenantId, series: [one], from, to }))
        const { at, value } = found.get(one.id) ?? { at: [], value: [] }
        expect(await pointsOf(one.id, from, to)).toEqual([...at].map((time, i) => ({ at: time, value: value[i] })))
      }
  })

  it('reads hours whole, to the bit what their points come to', async () => {
    for (const [from, to] of ranges.filter(([from, to]) => from <= to))
      for (const one of series) {
        const first = Math.floor(from / HOUR) * HOUR
        const end = (Math.floor(to / HOUR) + 1) * HOUR
        const expected = new Map<number, { count: number; sum: number; min: number; max: number }>()
        for (const { at, value } of await pointsOf(one.id, first, end - 1)) {
          const bucket = Math.floor(at / HOUR) * HOUR
          const hour = expected.get(bucket) ?? { count: 0, sum: 0, min: value, max: value }
          expected.set(bucket, {
            count: hour.count + 1,
            sum: hour.sum + value,
            min: Math.min(hour.min, value),
            max: Math.max(hour.max, value),
          })
        }
        const { rows } = await reader.query(
          `select (extract(epoch from bucket) * 1000000)::float8 as bucket, count::int, sum, min, max
           from metric_hours($1, $2, $3) order by 1`,
          [one.id, formatTimestamp(from), formatTimestamp(to)],
        )
        expect(rows).toEqual([...expected].map(([bucket, hour]) => ({ bucket, ...hour })))
      }
  })

  it('sees nothing of another tenant, whatever it sets, and no table of the log', async () => {
    for (const text of [
      'select 1',
      `set app.tenant_id = '1'`,
      `select set_config('app.tenant_id', tenant_id::text, false) from metric_series`,
    ]) {
      await reader.query(text)
      expect(await pointsOf(other.id, START - DAY, START + DAY)).toEqual([])
      const { rows } = await reader.query(`select from metric_hours($1, $2, $3)`, [
        other.id,
        formatTimestamp(START - DAY),
        formatTimestamp(START + DAY),
      ])
      expect(rows).toEqual([])
    }
    for (const table of ['metric_log', 'metric_chunk', 'metric_hour', 'stored_point'])
      await expect(reader.query(`select from ${table}`)).rejects.toThrow('permission denied')
    await expect(reader.query('set role penstock_reader_source')).rejects.toThrow('permission denied')
  })

  it('is shown the same plan for its own series and for another tenant’s', async () => {
    const plan = async (id: number) =>
      (
        await reader.query<{ 'QUERY PLAN': string }>(
          `explain select * from metric_points(${id}, '2026-11-29', '2026-11-30') order by ts`,
        )
      ).rows.map((row) => row['QUERY PLAN'])
    expect(await plan(other.id)).toEqual(await plan(series[0]?.id ?? 0))
  })
})
