import { logger } from '@penstock/shared/base/logger.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { fillAhead } from '@penstock/shared/months/go-live.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { list, type PartitionsDeps, run } from './handler.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())
afterEach(() => void vi.restoreAllMocks())

const at = (time: string) => (): number => Date.parse(time)
const depsWith = (now: () => number, limits: Partial<PartitionsDeps['limits']> = {}): PartitionsDeps => {
  const deps = months.deps()
  return { ...deps, now, limits: { ...deps.limits, runMs: 20_000, leaseMs: 60_000, pollMs: 10, ...limits } }
}
const byHand = { scheduleTime: undefined, waitMs: 5_000 }
const scheduled = (minute: string) => ({ ...byHand, scheduleTime: `2026-11-20T17:${minute}:00.000000Z` })
const nothing = { status: 'success', made: [], replayed: 0, errors: [], findings: [], more: false }

describe('a run', () => {
  it('makes the current month and three ahead, once', async () => {
    const made = ['2026-11-01', '2026-12-01', '2027-01-01', '2027-02-01']
    expect(await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)).toEqual({ ...nothing, made })
    expect(await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)).toEqual(nothing)
  })

  it('makes one more when a month begins, and four a year ahead', async () => {
    const lastMoment = depsWith(at('2026-11-30T23:59:59.999Z'))
    expect((await run(lastMoment, byHand)).made).toEqual([])
    expect((await run(depsWith(at('2026-12-01T00:00:00Z')), byHand)).made).toEqual(['2027-03-01'])
    const ahead = ['2027-12-01', '2028-01-01', '2028-02-01', '2028-03-01']
    expect((await run(depsWith(at('2027-12-31T23:59:59Z')), byHand)).made).toEqual(ahead)
    const leapDay = `insert into metric_point values ($1, 1, '2028-02-29 23:59:59.999999+00', 1)`
    await months.db.query(leapDay, [months.tenant])
  })

  it('makes the months that points wait for, and says how many it moved, replaced ones among them', async () => {
    await months.defer('2014-04-01', [
      [1, '03T00:00:00Z', 1],
      [1, '03T00:00:00Z', 2],
    ])
    await months.deferMany('2013-12-01', 230)
    const info = vi.spyOn(logger, 'info')
    const answer = await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)
    expect(answer).toEqual({ ...nothing, made: ['2013-12-01', '2014-04-01'], replayed: 232 })
    const lines = info.mock.calls.filter(([, event]) => event === 'partitions.live').map(([fields]) => fields)
    expect(lines).toEqual([
      { month: '2013-12-01', replayed: 30 },
      { month: '2014-04-01', replayed: 2 },
    ])
  })

  it('begins nothing new when its time is over, says that more is left, and the next run goes on', async () => {
    await months.deferMany('2012-01-01', 350)
    await months.deferMany('2012-02-01', 5)
    // Each look at the clock is a second later, so the time is used up after three steps.
    let time = Date.parse('2026-11-20T17:00:00Z')
    const ticking = depsWith(() => (time += 1_000), { runMs: 4_000 })
    const first = await run(ticking, byHand)
    expect(first).toMatchObject({ status: 'success', made: [], replayed: 300, more: true, findings: [] })
    expect((await list(ticking)).deferred).toEqual([
      { month: '2012-01-01', points: 50 },
      { month: '2012-02-01', points: 5 },
    ])
    const second = await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)
    expect(second).toEqual({ ...nothing, made: ['2012-01-01', '2012-02-01'], replayed: 55 })
  })

  it('goes on with a table that was filled and never attached, though no point waits any more', async () => {
    await months.deferMany('2012-03-01', 100)
    expect(await fillAhead(months.deps(), '2012-03-01')).toBe(100)
    const { partitions, findings } = await list(depsWith(at('2026-11-20T17:00:00Z')))
    expect(findings).toMatchObject([{ code: 'unattached', table: 'metric_point_2012_03' }])
    expect(partitions.map(({ month }) => month)).not.toContain(null)
    const answer = await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)
    expect(answer).toEqual({ ...nothing, made: ['2012-03-01'] })
    expect((await months.stored('2012-03-01')).length).toBe(100)
  })

  it('replays points that wait although their month is live', async () => {
    await months.deferMany('2012-03-01', 250)
    const answer = await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)
    expect(answer).toEqual({ ...nothing, replayed: 250 })
    expect((await months.stored('2012-03-01')).length).toBe(250)
  })

  it('lets points of a sealed month wait, without complaint', async () => {
    await months.db.query(`update metric_month set state = 'sealed' where month = '2012-03-01'`)
    await months.deferMany('2012-03-01', 3)
    expect(await run(depsWith(at('2026-11-20T17:00:00Z')), byHand)).toEqual(nothing)
    expect(await months.waiting()).toBe(3)
    await months.db.query('delete from deferred_point')
  })
})

describe('a month with points and without roll-ups', () => {
  it('gets their partition, and each hour below the watermark is recorded as invalid', async () => {
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    await months.db.query('drop table metric_rollup_2014_04')
    await months.db.query(`update rollup_mark set fence = '2026-01-01', watermark = '2026-01-01'`)
    expect((await list(deps)).findings).toMatchObject([{ code: 'partition_missing', table: 'metric_rollup' }])

    expect(await run(deps, byHand)).toEqual(nothing)
    const hours = 'select tenant_id, series_id, bucket from rollup_invalidation'
    const invalid = { tenant_id: months.tenant, series_id: 1, bucket: '2014-04-03 00:00:00+00' }
    expect(await months.db.query(hours)).toEqual([invalid])
    expect(await run(deps, byHand)).toEqual(nothing)
    expect(await months.db.query(hours)).toEqual([invalid])
    await months.db.query(`delete from rollup_invalidation`)
    await months.db.query(`update rollup_mark set watermark = '-infinity', fence = '-infinity'`)
  })
})

describe('a month that fails', () => {
  it('stops no other, makes the run partial, and is tried again at the same schedule time', async () => {
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    await months.deferMany('2010-02-01', 3)
    await months.deferMany('2010-03-01', 3)
    await months.db.query('create table metric_point_2010_02 (something text)')
    const error = vi.spyOn(logger, 'error')

    const failed = await run(deps, scheduled('05'))
    expect(failed).toMatchObject({ status: 'partial', made: ['2010-03-01'], replayed: 3, more: false })
    expect(failed.errors).toEqual([
      { month: '2010-02-01', detail: 'The month could not be made live. The cause is in the log.' },
    ])
    const lines = error.mock.calls.filter(([, event]) => event === 'partitions.failed')
    expect(lines).toEqual([[{ month: '2010-02-01', err: expect.any(Error) }, 'partitions.failed']])

    await months.db.query('drop table metric_point_2010_02')
    const mended = await run(deps, scheduled('05'))
    expect(mended).toEqual({ ...nothing, made: ['2010-02-01'], replayed: 3 })
    expect(await run(deps, scheduled('05'))).toEqual(mended)
    expect(await run(deps, scheduled('10'))).toEqual(nothing)
  })

  it('for want of a database is the run’s, which is refused, and done at the next attempt', async () => {
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    await months.deferMany('2010-04-01', 3)
    const lost = busy('The database is temporarily unavailable.', new Error('Connection terminated'))
    // The month goes live, and its answer is lost.
    const flaky = aroundUnits(months.database, async (unit, work) => {
      const result = await unit(work)
      if (typeof result === 'object' && result !== null && 'made' in result) throw lost
      return result
    })

    await expect(run({ ...deps, db: flaky }, scheduled('15'))).rejects.toBe(lost)
    expect(await run(deps, scheduled('15'))).toEqual(nothing)
    expect((await months.stored('2010-04-01')).length).toBe(3)
  })
})

describe('two runs at once', () => {
  it('do the work once, and both succeed', async () => {
    await months.deferMany('2009-01-01', 450)
    const another = months.db.openAs('partitions')
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    const answers = await Promise.all([run(deps, byHand), run({ ...deps, db: another }, byHand)])
    expect(answers.map(({ status }) => status)).toEqual(['success', 'success'])
    expect(answers.flatMap(({ made }) => made)).toEqual(['2009-01-01'])
    expect(answers.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(450)
    await another.close()
  })

  it('of which one sleeps past its lease do no harm to each other', async () => {
    await months.deferMany('2009-02-01', 450)
    const deps = depsWith(at('2026-11-20T17:00:00Z'), { leaseMs: 20 })
    let units = 0
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => (wake = resolve))
    // Its eleventh unit is in the middle of the backlog.
    const sleepy = aroundUnits(months.database, async (unit, work) => {
      if (++units === 11) await asleep
      return await unit(work)
    })
    const frozen = run({ ...deps, db: sleepy }, byHand)
    await expect.poll(() => units).toBe(11)
    const other = await run(deps, byHand)
    expect(other).toMatchObject({ status: 'success', made: ['2009-02-01'] })
    wake()
    expect(await frozen).toMatchObject({ made: [], replayed: 200 })
    expect((await months.stored('2009-02-01')).length).toBe(450)
    expect(await months.waiting()).toBe(0)
    expect((await list(deps)).findings).toEqual([])
  })
})

describe('the list', () => {
  it('has each partition with its state and an estimate of its rows', async () => {
    await months.db.query('analyze metric_point_2009_01')
    const { partitions, findings } = await list(depsWith(at('2026-11-20T17:00:00Z')))
    const points = partitions.filter(({ table }) => table === 'metric_point')
    const byMonth = new Map(points.map((partition) => [partition.month, partition]))
    expect(byMonth.get('2009-01-01')).toEqual({
      table: 'metric_point',
      month: '2009-01-01',
      state: 'live',
      rows: 450,
    })
    expect(byMonth.get('2012-03-01')?.state).toBe('sealed')
    expect(byMonth.get('2009-02-01')?.rows).toBeNull()
    expect(partitions.filter(({ table }) => table === 'metric_rollup')).toHaveLength(points.length)
    expect(findings).toEqual([])
  })

  it('has what is not as it has to be, as the run that follows has it, with a warning in the log', async () => {
    await months.db.query('grant select on metric_point_2009_01 to penstock_metrics_query')
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    const stray = { code: 'stray_grant', table: 'metric_point_2009_01', detail: 'penstock_metrics_query: SELECT' }
    expect((await list(deps)).findings).toEqual([stray])
    const warn = vi.spyOn(logger, 'warn')
    expect(await run(deps, byHand)).toEqual({ ...nothing, findings: [stray] })
    expect(warn.mock.calls).toEqual([[stray, 'partitions.finding']])
    await months.db.query('revoke select on metric_point_2009_01 from penstock_metrics_query')
  })

  it('has how the newest run went', async () => {
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    await run(deps, byHand)
    const rfc3339 = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect((await list(deps)).last_run).toEqual({ started_at: rfc3339, finished_at: rfc3339, outcome: 'success' })
    await months.db.query('delete from job_run')
    expect((await list(deps)).last_run).toBeNull()
    await months.db.query(`insert into job_run (job, lease_until) values ('partitions', now() + interval '1 hour')`)
    expect((await list(deps)).last_run).toEqual({ started_at: rfc3339, finished_at: null, outcome: null })
    await months.db.query('delete from job_run')
  })

  it('counts what waits for a month, up to 10,000', async () => {
    const deps = depsWith(at('2026-11-20T17:00:00Z'))
    for (const [count, counted] of [
      [9_999, 9_999],
      [10_000, 10_000],
      [10_001, 10_000],
    ] as const) {
      await months.deferMany('2008-01-01', count)
      expect((await list(deps)).deferred).toEqual([{ month: '2008-01-01', points: counted }])
      await months.db.query('delete from deferred_point')
    }
  })
})
