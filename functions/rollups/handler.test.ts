import { logger } from '@penstock/shared/base/logger.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { monthsFrom, openRollups, type RollupDatabase } from '../../test/support/months/rollup-database.ts'
import { createTenant } from '../../test/support/postgres/database.ts'
import { run } from './handler.ts'

const byHand = { scheduleTime: undefined, waitMs: 10_000 }

let lab: RollupDatabase
beforeEach(async () => {
  lab = await openRollups(['2026-10-01', '2026-11-01', '2026-12-01'])
})
afterEach(async () => {
  vi.restoreAllMocks()
  await lab.close()
})

const success = { status: 'success', errors: [], more: false }

describe('a run', () => {
  it('sums up each hour that is over, of every series of every tenant, and no other', async () => {
    const [one, two] = [await lab.series(), await lab.series(await createTenant(lab.db))]
    await lab.write(one, [
      ['2026-11-20 10:00:00Z', 2],
      ['2026-11-20 10:59:59.999999Z', -5],
      ['2026-11-20 11:00:00Z', 7],
      ['2026-11-20 12:00:00Z', 1],
    ])
    await lab.write(two, [['2026-10-31 23:59:59.999999Z', 4]])

    const answer = await run(lab.deps('2026-11-20T12:30:00Z'), byHand)

    expect(answer).toEqual({ ...success, buckets: 3, watermark: '2026-11-20T12:00:00.000000Z' })
    const rows = await lab.db.query('select * from metric_rollup order by series_id, bucket')
    expect(rows).toEqual([
      { tenant_id: lab.tenant, series_id: one, bucket: '2026-11-20 10:00:00+00', count: '2', sum: -3, min: -5, max: 2 },
      { tenant_id: lab.tenant, series_id: one, bucket: '2026-11-20 11:00:00+00', count: '1', sum: 7, min: 7, max: 7 },
      expect.objectContaining({ series_id: two, bucket: '2026-10-31 23:00:00+00', count: '1', sum: 4 }),
    ])
  })

  it('leaves an hour to its writers for a while after its end', async () => {
    const marksAt = async (now: string) => {
      await run(lab.deps(now, { settleMs: 120_000 }), byHand)
      return await lab.marks()
    }
    const eleven = { fence: '2026-11-20 11:00:00+00', watermark: '2026-11-20 11:00:00+00' }
    expect(await marksAt('2026-11-20T12:01:59.999Z')).toEqual(eleven)
    const twelve = { fence: '2026-11-20 12:00:00+00', watermark: '2026-11-20 12:00:00+00' }
    expect(await marksAt('2026-11-20T12:02:00Z')).toEqual(twelve)
    // A clock that was set back moves nothing back.
    expect(await marksAt('2026-11-20T09:00:00Z')).toEqual(twelve)
  })

  it('rests after each of its transactions, for its share of the time that it took', async () => {
    const series = await lab.series()
    await lab.write(series, [['2026-11-20 10:00:00Z', 2]])
    await run(lab.deps('2026-11-20T12:00:00Z'), byHand)
    await lab.write(series, [['2026-11-20 10:00:01Z', 2]])
    const rests: number[] = []
    let ms = Date.parse('2026-11-20T13:00:00Z')
    const deps = {
      ...lab.deps('', { restShare: 0.5 }),
      now: () => (ms += 100),
      pause: async (rest: number) => void rests.push(rest),
    }
    await run(deps, byHand)
    // The hour that was written to, then the new hour; each look at the clock takes 100 ms.
    expect(rests).toEqual([50, 50])
  })

  it('computes hours again that were written to since, and has none of an hour without points', async () => {
    const series = await lab.series()
    await lab.write(series, [
      ['2026-11-20 10:00:00Z', 2],
      ['2026-11-20 11:00:00Z', 3],
    ])
    await run(lab.deps('2026-11-20T12:00:00Z'), byHand)
    await lab.write(series, [
      ['2026-11-20 09:30:00Z', 4],
      ['2026-11-20 10:00:00Z', 8],
    ])
    await lab.db.query(`delete from metric_point where ts = '2026-11-20 11:00:00Z'`)
    await lab.db.query(
      `insert into rollup_invalidation (tenant_id, series_id, bucket) values ($1, $2, '2026-11-20 11:00Z')`,
      [lab.tenant, series],
    )

    expect(await run(lab.deps('2026-11-20T12:00:00Z'), byHand)).toMatchObject({ ...success, buckets: 3 })
    expect(await lab.rollups()).toEqual([`${series} 2026-11-20 09 1`, `${series} 2026-11-20 10 1`])
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
    expect(await run(lab.deps('2026-11-20T12:00:00Z'), byHand)).toMatchObject({ ...success, buckets: 0 })
  })

  it('takes as many invalidations at a time as it may, each hour once however often it was written to', async () => {
    const series = await lab.series()
    await lab.write(series, [['2026-11-20 00:30:00Z', 1]])
    await run(lab.deps('2026-11-20T12:00:00Z'), byHand)
    for (let hour = 0; hour < 5; hour++) {
      for (let i = 0; i < 2; i++) await lab.write(series, [[`2026-11-20 0${hour}:0${i}:00Z`, hour]])
    }
    expect(await run(lab.deps('2026-11-20T12:00:00Z', { batchHours: 10 }), byHand)).toMatchObject({ buckets: 5 })
    for (let i = 0; i < 9; i++) await lab.write(series, [['2026-11-20 00:10:00Z', i]])
    // Five of the same, then four.
    expect(await run(lab.deps('2026-11-20T12:00:00Z', { batchHours: 5 }), byHand)).toMatchObject({ buckets: 2 })
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
  })

  it('begins nothing new when its time is over, says that more is left, and the next runs go on', async () => {
    const series = await lab.series()
    for (let day = 10; day < 20; day++) await lab.write(series, [[`2026-11-${day} 05:00:00Z`, day]])
    let time = Date.parse('2026-11-20T12:00:00Z')
    const ticking = { ...lab.deps('2026-11-20T12:00:00Z', { runMs: 30 }), now: () => (time += 1) }

    const first = await run(ticking, byHand)
    expect(first).toMatchObject({ status: 'success', errors: [], more: true })
    const marks = await lab.marks()
    expect(marks.fence).toBe('2026-11-20 12:00:00+00')
    expect(marks.watermark < marks.fence).toBe(true)
    expect(await lab.wrong()).toEqual([])

    let runs = 1
    for (let more = true; more; runs++) {
      time = Date.parse('2026-11-20T12:00:00Z')
      more = (await run(ticking, byHand)).more
    }
    expect(runs).toBeGreaterThan(2)
    expect((await lab.rollups()).length).toBe(10)
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
  })

  it('gives new hours their time, however many old ones are written to', async () => {
    const series = await lab.series()
    await run(lab.deps('2026-11-20T10:00:00Z'), byHand)
    for (let i = 0; i < 20; i++) await lab.write(series, [['2026-11-19 00:10:00Z', i]])
    let time = 0
    const ticking = { ...lab.deps('2026-11-20T12:00:00Z', { runMs: 40, batchHours: 1 }) }
    const start = ticking.now()
    const answer = await run({ ...ticking, now: () => start + time++ * 2 }, byHand)
    expect(answer).toMatchObject({ watermark: '2026-11-20T12:00:00.000000Z', more: true })
    expect(await lab.invalid()).toEqual([`${series} 2026-11-19 00`])
  })
})

describe('the first run', () => {
  it('passes years without a month in one step, and a month in as many as its points need', async () => {
    await lab.close()
    lab = await openRollups(['2013-07-01', ...monthsFrom('2026-10-01', 3)])
    const series = await lab.series()
    await lab.write(series, [
      ['2013-07-04 00:00:00Z', 1],
      ['2013-07-31 23:59:59.999999Z', 2],
      ['2026-10-01 00:00:00Z', 3],
    ])
    const windows: string[] = []
    const deps = lab.deps('2026-11-20T12:00:00Z')
    const db = aroundUnits(deps.db, async (unit, work) => {
      const { watermark } = await lab.marks()
      if (windows.at(-1) !== watermark) windows.push(watermark)
      return await unit(work)
    })

    expect(await run({ ...deps, db }, byHand)).toMatchObject({ ...success, buckets: 3 })
    // 1, 2, 4, 8, 16 hours, then days, up to the end of the month.
    expect(windows.slice(0, 4)).toEqual([
      '-infinity',
      '2013-07-01 01:00:00+00',
      '2013-07-01 03:00:00+00',
      '2013-07-01 07:00:00+00',
    ])
    expect(windows).toContain('2013-08-01 00:00:00+00')
    expect(windows.filter((mark) => mark > '2013-08-01 00:00:00+00' && mark < '2026-10-01')).toEqual([])
    expect(windows.length).toBeLessThan(100)
    expect(await lab.wrong()).toEqual([])
  })

  it('has no hours to sum up where there are no points, and takes shorter windows where there are many', async () => {
    expect(await run(lab.deps('2026-09-20T12:00:00Z'), byHand)).toMatchObject({ ...success, buckets: 0 })
    expect((await lab.marks()).watermark).toBe('2026-09-20 12:00:00+00')
    const series = await lab.series()
    await lab.write(
      series,
      Array.from({ length: 240 }, (_, i) => [`2026-10-0${1 + Math.floor(i / 48)} ${i % 24}:${i % 60}:00Z`, i] as const),
    )
    await run(lab.deps('2026-11-20T12:00:00Z', { windowPoints: 2 }), byHand)
    expect(await lab.wrong()).toEqual([])
    expect((await lab.marks()).watermark).toBe('2026-11-20 12:00:00+00')
  })
})

describe('a month', () => {
  it.each(['cold', 'detached', 'dropped', 'expired'])(
    'that is %s keeps its roll-ups, whatever is invalid',
    async (state) => {
      const series = await lab.series()
      await lab.write(series, [['2026-10-05 10:00:00Z', 2]])
      await run(lab.deps('2026-11-20T12:00:00Z'), byHand)
      await lab.write(series, [['2026-10-05 10:00:00Z', 4]])
      await lab.db.query(`update metric_month set state = $1 where month = '2026-10-01'`, [state])
      await lab.db.query('delete from metric_point')

      expect(await run(lab.deps('2026-11-20T12:00:00Z'), byHand)).toMatchObject({ ...success, buckets: 0 })
      expect(await lab.rollups()).toEqual([`${series} 2026-10-05 10 1`])
      expect(await lab.invalid()).toEqual([`${series} 2026-10-05 10`])
    },
  )

  it.each(['sealed', 'written', 'verified'])('that is %s is rolled up still', async (state) => {
    const series = await lab.series()
    await lab.write(series, [['2026-10-05 10:00:00Z', 2]])
    await lab.db.query(`update metric_month set state = $1 where month = '2026-10-01'`, [state])
    expect(await run(lab.deps('2026-11-20T12:00:00Z'), byHand)).toMatchObject({ ...success, buckets: 1 })
  })

  it('without a partition for its roll-ups stops the watermark before it, and nothing else', async () => {
    const series = await lab.series()
    await lab.write(series, [['2026-10-05 10:00:00Z', 2]])
    await run(lab.deps('2026-10-31T12:00:00Z'), byHand)
    await lab.write(series, [
      ['2026-10-05 10:00:00Z', 4],
      ['2026-11-05 10:00:00Z', 4],
    ])
    await lab.db.query('drop table metric_rollup_2026_11')

    const detail = 'The roll-up partition of this month is missing. The partitions job creates it.'
    expect(await run(lab.deps('2026-11-20T12:00:00Z'), byHand)).toMatchObject({
      status: 'partial',
      errors: [{ month: '2026-11-01', detail }],
      more: true,
      watermark: '2026-11-01T00:00:00.000000Z',
    })
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
  })
})

describe('a tenant that fails', () => {
  const broken = async (tenant: number) =>
    await lab.db.query(`alter table metric_rollup add constraint broken check (tenant_id <> ${tenant}) not valid`)
  const mended = async () => await lab.db.query('alter table metric_rollup drop constraint broken')

  it('stops no other, is named, and its hours stay invalid until a run succeeds', async () => {
    const tenants = [lab.tenant]
    for (let i = 0; i < 6; i++) tenants.push(await createTenant(lab.db))
    const all: number[] = []
    for (const tenant of tenants) all.push(await lab.series(tenant))
    for (const series of all) await lab.write(series, [['2026-11-20 10:30:00Z', 1]])
    const [bad, series] = [tenants[3] ?? 0, all[3] ?? 0]
    await broken(bad)
    const error = vi.spyOn(logger, 'error').mockReturnValue()
    const others = all.filter((one) => one !== series)

    const failed = await run(lab.deps('2026-11-20T12:00:00Z'), { ...byHand, scheduleTime: '2026-11-20T12:00:00Z' })
    expect(failed).toMatchObject({ status: 'partial', watermark: '2026-11-20T12:00:00.000000Z', more: false })
    expect(failed.errors).toEqual([
      {
        tenant: expect.stringMatching(/^t-/),
        detail: 'The roll-ups of this month could not be computed. The cause is in the log.',
      },
    ])
    expect(error.mock.calls).toEqual([[{ tenant_id: bad, err: expect.any(Error) }, 'rollups.failed']])
    expect(await lab.rollups()).toEqual(others.map((one) => `${one} 2026-11-20 10 1`))
    expect(await lab.invalid()).toContain(`${series} 2026-11-20 10`)
    expect(await lab.wrong()).toEqual([])

    // Late points of everybody: those of the others are rolled up, at the same schedule time too.
    for (const one of all) await lab.write(one, [['2026-11-20 09:30:00Z', 1]])
    expect(
      await run(lab.deps('2026-11-20T12:00:00Z'), { ...byHand, scheduleTime: '2026-11-20T12:00:00Z' }),
    ).toMatchObject({
      status: 'partial',
      buckets: 6,
      more: false,
    })
    expect(await lab.wrong()).toEqual([])

    await mended()
    expect(
      await run(lab.deps('2026-11-20T12:00:00Z'), { ...byHand, scheduleTime: '2026-11-20T12:00:00Z' }),
    ).toMatchObject(success)
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
    expect(await lab.rollups()).toContain(`${series} 2026-11-20 10 1`)
  })
})
