import { logger } from '@penstock/shared/base/logger.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { list, run } from './handler.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())
afterEach(() => void vi.restoreAllMocks())

const at = (time: string) => (): number => Date.parse(time)
const byHand = { scheduleTime: undefined, waitMs: 5_000 }
const scheduled = (minute: string) => ({ ...byHand, scheduleTime: `2026-11-20T17:${minute}:00.000000Z` })
const nothing = { status: 'success', made: [], replayed: 0, errors: [], findings: [], more: false }
const noon = at('2026-11-20T17:00:00Z')

describe('a run', () => {
  it('makes the current month and three ahead, once', async () => {
    const made = ['2026-11-01', '2026-12-01', '2027-01-01', '2027-02-01']
    expect(await run(months.deps(noon), byHand)).toEqual({ ...nothing, made })
    expect(await run(months.deps(noon), byHand)).toEqual(nothing)
  })

  it('makes one more when a month begins, and four a year ahead', async () => {
    expect((await run(months.deps(at('2026-11-30T23:59:59.999Z')), byHand)).made).toEqual([])
    expect((await run(months.deps(at('2026-12-01T00:00:00Z')), byHand)).made).toEqual(['2027-03-01'])
    const ahead = ['2027-12-01', '2028-01-01', '2028-02-01', '2028-03-01']
    expect((await run(months.deps(at('2027-12-31T23:59:59Z')), byHand)).made).toEqual(ahead)
  })

  it('makes older months of which the log has many points', async () => {
    await months.crowd('2014-04-01', 20_001)
    await months.crowd('2013-12-01', 20_000)
    expect(await run(months.deps(noon), byHand)).toEqual({ ...nothing, made: ['2014-04-01'] })
  })

  it('begins nothing new when its time is over, says that more is left, and the next run goes on', async () => {
    // Each look at the clock is a second later.
    let time = Date.parse('2030-01-20T00:00:00Z')
    const first = await run(
      months.deps(() => (time += 1_000), { runMs: 3_000 }),
      byHand,
    )
    expect(first).toMatchObject({ status: 'success', more: true, findings: [{ code: 'month_missing' }, {}] })
    expect(first.made).toEqual(['2030-01-01', '2030-02-01'])
    const second = await run(months.deps(at('2030-01-20T00:00:00Z')), byHand)
    expect(second).toEqual({ ...nothing, made: ['2030-03-01', '2030-04-01'] })
  })
})

describe('a month that fails', () => {
  it('stops no other, makes the run partial, and is tried again at the same schedule time', async () => {
    const deps = months.deps(at('2031-01-20T00:00:00Z'))
    await months.db.query('create table metric_chunk_2031_02 (something text)')
    const error = vi.spyOn(logger, 'error')

    const failed = await run(deps, scheduled('05'))
    expect(failed).toMatchObject({ status: 'partial', made: ['2031-01-01', '2031-03-01', '2031-04-01'], more: false })
    expect(failed.errors).toEqual([
      { month: '2031-02-01', detail: 'The partition could not be made. The cause is in the log.' },
    ])
    const lines = error.mock.calls.filter(([, event]) => event === 'partitions.failed')
    expect(lines).toEqual([[{ month: '2031-02-01', err: expect.any(Error) }, 'partitions.failed']])

    await months.db.query('drop table metric_chunk_2031_02')
    const mended = await run(deps, scheduled('05'))
    expect(mended).toEqual({ ...nothing, made: ['2031-02-01'] })
    expect(await run(deps, scheduled('05'))).toEqual(mended)
    expect(await run(deps, scheduled('10'))).toEqual(nothing)
  })

  it('for want of a database is the run’s, which is refused, and done at the next attempt', async () => {
    const deps = months.deps(at('2032-01-20T00:00:00Z'))
    const lost = busy('The database is temporarily unavailable.', new Error('Connection terminated'))
    // The first month is made, and its answer is lost.
    const flaky = aroundUnits(months.database, async (unit, work) => {
      const before = await months.db.query(`select from chunk_month where month = '2032-01-01'`)
      const result = await unit(work)
      const after = await months.db.query(`select from chunk_month where month = '2032-01-01'`)
      if (after.length > before.length) throw lost
      return result
    })

    await expect(run({ ...deps, db: flaky }, scheduled('15'))).rejects.toBe(lost)
    expect(await run(deps, scheduled('15'))).toEqual({ ...nothing, made: ['2032-02-01', '2032-03-01', '2032-04-01'] })
  })
})

describe('two runs at once', () => {
  it('do the work once, and both succeed', async () => {
    const deps = months.deps(at('2033-01-20T00:00:00Z'))
    const answers = await Promise.all([run(deps, byHand), run({ ...deps, db: months.open('partitions') }, byHand)])
    expect(answers.map(({ status }) => status)).toEqual(['success', 'success'])
    expect(answers.flatMap(({ made }) => made)).toHaveLength(4)
  })
})

describe('the list', () => {
  it('has each partition with its state', async () => {
    const { partitions, deferred, findings } = await list(months.deps(noon))
    expect(partitions[0]).toEqual({ table: 'metric_chunk', month: '2014-04-01', state: 'live', rows: null })
    expect(partitions.map(({ month }) => month)).toEqual(
      partitions.map(({ month }) => month).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    )
    expect([deferred, findings]).toEqual([[], []])
  })

  it('has what is not as it has to be, as the run that follows has it, with a warning in the log', async () => {
    await months.db.query('grant select on metric_chunk_2014_04 to penstock_metrics_query')
    const deps = months.deps(noon)
    const stray = { code: 'stray_grant', table: 'metric_chunk_2014_04', detail: 'penstock_metrics_query: SELECT' }
    expect((await list(deps)).findings).toEqual([stray])
    const warn = vi.spyOn(logger, 'warn')
    expect(await run(deps, byHand)).toEqual({ ...nothing, findings: [stray] })
    expect(warn.mock.calls).toEqual([[stray, 'partitions.finding']])
    await months.db.query('revoke select on metric_chunk_2014_04 from penstock_metrics_query')
  })

  it('has how the newest run went', async () => {
    const deps = months.deps(noon)
    await run(deps, byHand)
    const rfc3339 = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect((await list(deps)).last_run).toEqual({ started_at: rfc3339, finished_at: rfc3339, outcome: 'success' })
    await months.db.query('delete from job_run')
    expect((await list(deps)).last_run).toBeNull()
    await months.db.query(`insert into job_run (job, lease_until) values ('partitions', now() + interval '1 hour')`)
    expect((await list(deps)).last_run).toEqual({ started_at: rfc3339, finished_at: null, outcome: null })
    await months.db.query('delete from job_run')
  })
})
