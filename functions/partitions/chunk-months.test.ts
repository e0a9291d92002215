import { promisify } from 'node:util'
import { DAY, HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import { type LogDatabase, openLog } from '../../test/support/postgres/log-database.ts'
import { makeChunkMonths } from './chunk-months.ts'

const NOW = parseTimestamp('2026-11-20T12:00:00Z') ?? 0
const MAY = parseTimestamp('2024-05-10T00:00:00Z') ?? 0

let log: LogDatabase
beforeEach(async () => {
  log = await openLog([])
})
afterEach(async () => await log.close())

const renew = async () => {}
const job = async (now = NOW) => {
  const config = { url: log.db.urlOf('partitions'), ca: undefined, inCloud: false }
  const deps = { db: log.open('partitions'), now: () => now / 1000, limits: { runMs: 1_000 } }
  return (await makeChunkMonths({ ...deps, asOwner: ownerConnection('partitions', config) }, renew)).made
}
const months = async () =>
  (await log.db.query<{ month: string }>('select month::text as month from chunk_month order by month')).map(
    ({ month }) => month,
  )
const partitions = async () =>
  (
    await log.db.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'metric_chunk'::regclass order by 1`,
    )
  ).map(({ name }) => name.slice('metric_chunk_'.length).replace('_', '-') + '-01')

const REQUIRED = ['2026-11-01', '2026-12-01', '2027-01-01', '2027-02-01']

describe('partitions of chunks', () => {
  it('are made for this month and the three after it, and for no month because a few points name it', async () => {
    const series = await log.series()
    const far = Array.from(
      { length: 192 },
      (_, i) => [series, (parseTimestamp('2011-01-15T00:00:00Z') ?? 0) + i * 30 * DAY, i] as const,
    )
    await log.write(far)
    expect(await job()).toEqual(REQUIRED)
    expect([await months(), await partitions()]).toEqual([REQUIRED, REQUIRED])
    await passTheGate(log.open('compaction'))
    await compactEverything(log.open('compaction'))
    expect((await log.stored()).length).toBe(192)
    expect(await job()).toEqual([])
  })

  it('are made for an older month with many points, and dropped when it has none any more', async () => {
    const series = await log.series()
    const many = Array.from({ length: 20_001 }, (_, i) => [series, MAY + i * 1_000_000, i] as const)
    await log.write(many.slice(0, 20_000))
    await job()
    expect(await months()).toEqual(REQUIRED)
    await log.write(many.slice(20_000))
    await job()
    expect(await months()).toEqual(['2024-05-01', ...REQUIRED])
    await compactEverything(log.open('compaction'))
    await job()
    expect(await partitions()).toEqual(['2024-05-01', ...REQUIRED])
    await log.db.query('delete from metric_chunk')
    await job()
    expect([await months(), await partitions()]).toEqual([REQUIRED, REQUIRED])
  })

  it('stay when a compaction fills one that is about to leave', async () => {
    await job()
    // A compaction of the last month has read that its partition stays, and has not ended.
    const client = await log.db.connect()
    await client.query('begin')
    await client.query(`select from chunk_month where month = '2026-11-01' for share`)
    const series = await log.series()
    await client.query(
      `insert into metric_chunk (tenant_id, series_id, first_ts, last_ts, n, unit, gap, value)
       values ($1, $2, '2026-11-20Z', '2026-11-20Z', 1, 1, '{0}', '{1}')`,
      [log.tenant, series.id],
    )
    const leaving = job(NOW + 40 * DAY)
    await promisify(setTimeout)(300)
    await client.query('commit')
    await client.end()
    await leaving
    expect(await log.db.query(`select leaving from chunk_month where month = '2026-11-01'`)).toEqual([
      { leaving: false },
    ])
    expect((await log.stored()).length).toBe(1)
  })

  it('that were left detached by an interrupted run are dropped by the next', async () => {
    await job()
    await log.db.query(`update chunk_month set leaving = true where month = '2026-11-01'`)
    await log.db.query('alter table metric_chunk detach partition metric_chunk_2026_11')
    await job(NOW + 40 * DAY)
    expect(await log.db.query(`select to_regclass('metric_chunk_2026_11') as found`)).toEqual([{ found: null }])
    expect((await months()).includes('2026-11-01')).toBe(false)
  })

  it('of roll-ups are made for the next year', async () => {
    await log.db.query('drop table metric_hour_2027')
    await job(NOW + HOUR)
    expect(await log.db.query(`select to_regclass('metric_hour_2027')::text as found`)).toEqual([
      { found: 'metric_hour_2027' },
    ])
  })
})
