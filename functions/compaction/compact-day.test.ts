import { DAY, HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import { type Compacted, compactDay, type DayPlan } from '@penstock/shared/compaction/compact-day.ts'
import { selectWaiting } from '@penstock/shared/compaction/queries.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { passTheGate } from '../../test/support/points/compact-everything.ts'
import {
  type LogDatabase,
  type LogPoint,
  type LogSeries,
  openLog,
  storedAs,
} from '../../test/support/postgres/log-database.ts'

const START = parseTimestamp('2026-11-20T00:00:00Z') ?? 0

let log: LogDatabase
beforeEach(async () => {
  log = await openLog(['2026-11-01'])
})
afterEach(async () => await log.close())

/** Happens between the next plan and its compaction. */
let afterPlanning = async (): Promise<void> => {}

/** True when the next compaction must leave points that are due. */
let expectedMore = false

/** Compacts what waits of a day. */
async function compact(
  isDue: DayPlan['isDue'] = () => true,
  { day = START, waits = true, most = 1_000_000 } = {},
): Promise<Omit<Compacted, 'more'>> {
  const db = log.open('compaction')
  if (waits) await passTheGate(db)
  const all = await db.writeAll((tx) => selectWaiting(tx, START + DAY))
  const waiting = all.filter((one) => one.day === day && one.tenantId === log.tenant)
  const plan: DayPlan = {
    tenantId: log.tenant,
    day,
    wide: waiting.find(({ block }) => block === -1)?.points ?? 0,
    most,
    waiting: new Map(waiting.flatMap((one) => (one.block === -1 ? [] : [[one.block, one]]))),
    isDue,
    settledBefore: START + DAY,
  }
  await afterPlanning()
  afterPlanning = async () => {}
  if (waits) await passTheGate(db)
  const { more, ...counts } = await compactDay({ db, now: () => (START + DAY) / 1000 }, plan)
  expect(more).toBe(expectedMore)
  expectedMore = false
  return counts
}

const logRows = async () => await log.db.query('select block, xid, n from metric_log order by xid, block')

const regular = (series: LogSeries, count: number, value = 0): LogPoint[] =>
  Array.from({ length: count }, (_, i) => [series, START + i * 10_000_000, value + i])

describe('compactDay', () => {
  it('moves points from the log into chunks and rolls up their hours', async () => {
    const series = await log.series()
    await log.write(regular(series, 1_000))
    const before = await log.stored()
    expect(await compact()).toEqual({ taken: 1_000, written: 1_000, replaced: 0, dropped: 0 })

    expect(await logRows()).toEqual([])
    expect(await log.stored()).toEqual(before)
    expect(await log.db.query('select n, unit, gap8 from metric_chunk order by last_ts')).toEqual([
      { n: 500, unit: 1_000_000, gap8: null },
      { n: 500, unit: 1_000_000, gap8: null },
    ])
    expect((await log.hours()).slice(0, 2)).toEqual([
      `${series.id} 2026-11-20 00 360 64620 0 359`,
      `${series.id} 2026-11-20 01 360 194220 360 719`,
    ])
    expect(await log.db.query('select tenant_id, day::text, points from compaction_mark')).toEqual([
      { tenant_id: log.tenant, day: '2026-11-20', points: '1000' },
    ])
    expect(await log.db.query('select * from metric_series_span')).toEqual([
      {
        series_id: series.id,
        tenant_id: log.tenant,
        first_ts: '2026-11-20 00:00:00+00',
        last_ts: '2026-11-20 02:46:30+00',
      },
    ])
  })

  it('keeps the last of several writes of a point, in the log and over the chunks', async () => {
    const series = await log.series()
    await log.write(regular(series, 400))
    await log.write(regular(series, 10, 1_000))
    expect(await compact()).toEqual({ taken: 410, written: 400, replaced: 10, dropped: 0 })
    await log.write([[series, START, 7], ...regular(series, 1, 9)])
    expect((await log.stored())[0]).toBe(storedAs(series, START, 9))
    expect(await compact()).toEqual({ taken: 1, written: 0, replaced: 1, dropped: 0 })
    expect((await log.stored()).length).toBe(400)
    expect((await log.stored())[0]).toBe(storedAs(series, START, 9))
    expect((await log.hours())[0]).toMatch(/ 360 /)
  })

  it('computes an hour from all of its chunks when one of them changes', async () => {
    const series = await log.series()
    const seconds = Array.from({ length: 3_600 }, (_, i): LogPoint => [series, START + i * 1_000_000, 1])
    await log.write(seconds)
    await compact()
    await log.write([[series, START + 1_800_000_000, 3]])
    await compact()
    expect(await log.hours()).toEqual([`${series.id} 2026-11-20 00 3600 3602 1 3`])
    await log.write([[series, START + 3_600_000_000, 5]])
    await compact()
    expect(await log.hours()).toEqual([
      `${series.id} 2026-11-20 00 3600 3602 1 3`,
      `${series.id} 2026-11-20 01 1 5 5 5`,
    ])
  })

  it('stores gaps that need more than 32 bits', async () => {
    const series = await log.series()
    await log.write([
      [series, START + 1, 1],
      [series, START + 2 * HOUR, 2],
      [series, START + 5 * HOUR + 3, 3],
    ])
    const before = await log.stored()
    await compact()
    expect(await log.db.query('select unit, gap, gap8 from metric_chunk')).toEqual([
      { unit: 1, gap: null, gap8: ['0', '7199999999', '10800000003'] },
    ])
    expect(await log.stored()).toEqual(before)
    await log.write([[series, START + 3 * HOUR, 4]])
    expect(await compact()).toMatchObject({ written: 1 })
    expect((await log.stored()).length).toBe(4)
  })

  it('leaves alone what an open transaction could still be older than', async () => {
    const series = await log.series()
    const open = await log.db.connect()
    try {
      await open.query('begin')
      await open.query('select pg_current_xact_id()')
      await log.write(regular(series, 2))
      expect(await compact(undefined, { waits: false })).toEqual({ taken: 0, written: 0, replaced: 0, dropped: 0 })
      expect((await logRows()).length).toBe(1)
    } finally {
      await open.end()
    }
    expect(await compact()).toMatchObject({ taken: 2 })
  })

  it('does nothing in a month without a partition, and in one that is leaving', async () => {
    const series = await log.series()
    const october = START - 30 * DAY
    await log.write([[series, october, 1]])
    expect(await compact(undefined, { day: october })).toMatchObject({ taken: 0 })
    await log.write([[series, START, 1]])
    await log.db.query('update chunk_month set leaving = true')
    expect(await compact()).toMatchObject({ taken: 0 })
    expect((await logRows()).length).toBe(2)
  })

  it('drops points of series that were erased', async () => {
    const [kept, erased] = [await log.series(), await log.series()]
    await log.write(regular(kept, 10))
    await log.write(regular(erased, 10))
    await log.db.query('delete from metric_series where id = $1', [erased.id])
    expect(await compact()).toEqual({ taken: 20, written: 10, replaced: 0, dropped: 10 })
    expect((await log.stored()).length).toBe(10)
  })

  it('drops points that have expired, and they are not seen before', async () => {
    const series = await log.series()
    await log.write(regular(series, 10))
    await log.db.query(`insert into metric_expiry values ($1, '2026-12-01 00:00:00+00')`, [log.tenant])
    expect(await log.stored()).toEqual([])
    expect(await compact()).toEqual({ taken: 10, written: 0, replaced: 0, dropped: 10 })
    expect(await log.db.query('select from metric_chunk')).toEqual([])
  })
})

describe('a day with more points than one compaction takes', () => {
  it('is compacted block by block', async () => {
    const series = await Promise.all([0, 1, 2].map(async (block) => await log.series(block)))
    for (const one of series) await log.write(regular(one, 100))
    const before = await log.stored()
    expectedMore = true
    expect(await compact(undefined, { most: 250 })).toMatchObject({ taken: 200 })
    expect(await compact(undefined, { most: 250 })).toMatchObject({ taken: 100 })
    expect(await log.stored()).toEqual(before)
  })

  it('is compacted below a lower gate where one block has too many, and older writes stay older', async () => {
    const series = await log.series()
    for (const value of [1, 2, 3, 4]) await log.write(regular(series, 100, value))
    const before = await log.stored()
    for (const taken of [200, 200]) {
      expectedMore = taken === 200 && (await logRows()).length === 4
      expect(await compact(undefined, { most: 200 })).toMatchObject({ taken })
      expect(await log.stored()).toEqual(before)
    }
    expect(await logRows()).toEqual([])
  })

  it('is compacted below a lower gate where wide rows have too many', async () => {
    const series = await Promise.all([0, 1].map(async (block) => await log.series(block)))
    for (let i = 0; i < 6; i++) await log.write(series.map((one) => [one, START, i]))
    const before = await log.stored()
    expectedMore = true
    expect(await compact(undefined, { most: 4 })).toMatchObject({ taken: 4 })
    expect(await log.stored()).toEqual(before)
    expect((await logRows()).length).toBe(4)
  })
})

describe('wide rows', () => {
  it('are compacted with the rows of the blocks that are due', async () => {
    const series = await Promise.all([0, 1, 2].map(async (block) => await log.series(block)))
    await log.write(series.map((one, i) => [one, START, i]))
    await log.write(regular(series[0] as LogSeries, 5, 10))
    expect((await logRows()).map(({ block }) => block)).toEqual([-1, 0])
    const before = await log.stored()
    expect(await compact()).toEqual({ taken: 8, written: 7, replaced: 1, dropped: 0 })
    expect(await log.stored()).toEqual(before)
  })

  it('that came after the day was planned are taken too', async () => {
    const series = [await log.series(0), await log.series(1)]
    await log.write(regular(series[0] as LogSeries, 5))
    afterPlanning = async () => {
      await log.write(series.map((one) => [one, START, 7]))
      await log.write(regular(series[0] as LogSeries, 5, 8))
    }
    const { taken } = await compact()
    expect(taken).toBe(12)
    expect((await log.stored())[0]).toBe(storedAs(series[0] as LogSeries, START, 8))
    expect(await logRows()).toEqual([])
  })

  it('become one row a block where no other row of the block lies between them, and keep the order of points', async () => {
    const [a, b] = [await log.series(0), await log.series(1)]
    await log.write([
      [a, START, 1],
      [b, START, 1],
    ])
    await log.write([
      [a, START, 2],
      [b, START + 1, 2],
    ])
    // A row of block 0 between wide rows; the point of the wide row after it wins over it.
    await log.write([0, 1, 2, 3].map((i): LogPoint => [a, START + i, 3]))
    await log.write([
      [a, START + 1, 4],
      [b, START, 4],
    ])
    const before = await log.stored()

    expect(await compact(() => false)).toEqual({ taken: 0, written: 0, replaced: 0, dropped: 0 })
    expect(await log.stored()).toEqual(before)
    expect((await logRows()).map(({ block, n }) => [block, n])).toEqual([
      [0, 1],
      [0, 4],
      [0, 1],
      [1, 2],
    ])
    await compact()
    expect(await log.stored()).toEqual(before)
    expect(await logRows()).toEqual([])
  })
})
