import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../test/support/http/refusal.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { openDatabase, type PenstockDatabase } from '../database/database.ts'
import { aroundUnits } from '../database/units.ts'
import { type Finished, type JobRunDeps, runOnce } from './job-run.ts'
import { openRun } from './job-run-queries.ts'

let db: TestDatabase
let database: PenstockDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  database = openDatabase('partitions', optionsOf())
})
afterAll(async () => {
  await database.close()
  await db.drop()
})
beforeEach(async () => {
  await db.query('delete from job_run')
})

const optionsOf = () => ({ url: db.urlOf('partitions'), ca: undefined, inCloud: false })
const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))
const depsWith = (limits: Partial<JobRunDeps['limits']> = {}): JobRunDeps => ({
  db: database,
  now: Date.now,
  pause: sleep,
  limits: { leaseMs: 60_000, pollMs: 10, ...limits },
})
const byHand = { job: 'sweep', scheduleTime: undefined, waitMs: 5_000 }
const scheduled = { job: 'sweep', scheduleTime: '2026-11-20T17:05:00.000000Z', waitMs: 5_000 }
const succeed = (n: number) => async (): Promise<Finished<{ n: number }>> => ({ outcome: 'success', result: { n } })

/** Work that continues when the test allows it. */
function held(n: number) {
  let finish = () => {}
  let begun = () => {}
  const gate = new Promise<void>((resolve) => (finish = resolve))
  const running = new Promise<void>((resolve) => (begun = resolve))
  const work = async (renew: () => Promise<void>): Promise<Finished<{ n: number }>> => {
    begun()
    await gate
    await renew()
    return { outcome: 'success', result: { n } }
  }
  return { work, running, finish: () => finish() }
}

describe('a run', () => {
  it('does its work each time it is called by hand', async () => {
    expect(await runOnce(depsWith(), byHand, succeed(1))).toEqual({ n: 1 })
    expect(await runOnce(depsWith(), byHand, succeed(2))).toEqual({ n: 2 })
  })

  it('uses up a schedule time by success, and answers its result again', async () => {
    expect(await runOnce(depsWith(), scheduled, succeed(1))).toEqual({ n: 1 })
    expect(await runOnce(depsWith(), scheduled, succeed(2))).toEqual({ n: 1 })
    const next = { ...scheduled, scheduleTime: '2026-11-20T17:10:00.000000Z' }
    expect(await runOnce(depsWith(), next, succeed(3))).toEqual({ n: 3 })
  })

  it('that was opened by a commit whose answer was lost is not waited for', async () => {
    const twice = aroundUnits(database, async (run, work) => {
      await run(work)
      return await run(work)
    })
    expect(await runOnce({ ...depsWith(), db: twice }, { ...byHand, waitMs: 0 }, succeed(1))).toEqual({ n: 1 })
    expect(await runOnce({ ...depsWith(), db: twice }, { ...scheduled, waitMs: 0 }, succeed(2))).toEqual({ n: 2 })
    expect(await db.query('select outcome, result from job_run order by id')).toEqual([
      { outcome: 'success', result: { n: 1 } },
      { outcome: 'success', result: { n: 2 } },
    ])
  })

  it('of another job has schedule times of its own', async () => {
    await runOnce(depsWith(), scheduled, succeed(1))
    expect(await runOnce(depsWith(), { ...scheduled, job: 'sort' }, succeed(2))).toEqual({ n: 2 })
  })

  it('does not use up a schedule time by a partial success', async () => {
    const partial = async (): Promise<Finished<{ n: number }>> => ({ outcome: 'partial', result: { n: 1 } })
    expect(await runOnce(depsWith(), scheduled, partial)).toEqual({ n: 1 })
    expect(await runOnce(depsWith(), scheduled, succeed(2))).toEqual({ n: 2 })
    expect(await runOnce(depsWith(), scheduled, succeed(3))).toEqual({ n: 2 })
  })

  it('does not use up a schedule time by failing, and passes the failure on', async () => {
    const fail = async () => {
      throw new Error('no luck')
    }
    await expect(runOnce(depsWith(), scheduled, fail)).rejects.toThrow('no luck')
    expect(await db.query('select outcome from job_run')).toEqual([{ outcome: 'failed' }])
    expect(await runOnce(depsWith(), scheduled, succeed(2))).toEqual({ n: 2 })
    expect(await db.query('select outcome, result from job_run')).toEqual([{ outcome: 'success', result: { n: 2 } }])
  })
})

describe('a call that meets a run', () => {
  it('waits for it and then does what is left', async () => {
    const first = held(1)
    const one = runOnce(depsWith(), byHand, first.work)
    await first.running
    const order: string[] = []
    const two = runOnce(depsWith(), byHand, async () => {
      order.push('second')
      return await succeed(2)()
    })
    await sleep(100)
    order.push('first ends')
    first.finish()
    expect(await Promise.all([one, two])).toEqual([{ n: 1 }, { n: 2 }])
    expect(order).toEqual(['first ends', 'second'])
  })

  it('of the same schedule time is answered with its result', async () => {
    const first = held(1)
    const one = runOnce(depsWith(), scheduled, first.work)
    await first.running
    const two = runOnce(depsWith(), scheduled, succeed(2))
    await sleep(50)
    first.finish()
    expect(await Promise.all([one, two])).toEqual([{ n: 1 }, { n: 1 }])
  })

  it('is answered 503 with Retry-After when the run outlasts it', async () => {
    const first = held(1)
    const one = runOnce(depsWith(), byHand, first.work)
    await first.running
    const problem = await refusal(runOnce(depsWith(), { ...byHand, waitMs: 50 }, succeed(2)))
    expect(problem.kind.status).toBe(503)
    expect(problem.headers).toEqual({ 'retry-after': '10' })
    first.finish()
    expect(await one).toEqual({ n: 1 })
  })

  it('is let in alone, when many come at one moment', async () => {
    let inside = 0
    let most = 0
    const work = async (): Promise<Finished<object>> => {
      most = Math.max(most, ++inside)
      await sleep(5)
      inside--
      return { outcome: 'success', result: {} }
    }
    await Promise.all(Array.from({ length: 12 }, async () => await runOnce(depsWith(), byHand, work)))
    expect(most).toBe(1)
    expect(await db.query('select count(*)::int as runs from job_run')).toEqual([{ runs: 12 }])
  })
})

describe('a call that finds no run because the other one has not committed', () => {
  it('waits for it all the same', async () => {
    const other = db.openAs('partitions')
    const outcomes: unknown[] = []
    let call: Promise<void> | undefined
    await other.writeAll(async (tx) => {
      const opened = await openRun(tx, { ...byHand, callId: 'other' }, 300)
      expect(opened.kind).toBe('opened')
      call = runOnce(depsWith(), byHand, succeed(2)).then((result) => void outcomes.push(result))
      await sleep(100)
    })
    await sleep(50)
    expect(outcomes).toEqual([])
    await call
    expect(outcomes).toEqual([{ n: 2 }])
    await other.close()
  })
})

describe('a lease', () => {
  it('that is over lets the next call in, and the old holder learns it at its next renewal', async () => {
    const frozen = held(1)
    const one = refusal(runOnce(depsWith({ leaseMs: 50 }), scheduled, frozen.work))
    await frozen.running
    expect(await runOnce(depsWith(), scheduled, succeed(2))).toEqual({ n: 2 })
    frozen.finish()
    expect((await one).kind.status).toBe(503)
    expect(await db.query('select outcome, result from job_run')).toEqual([{ outcome: 'success', result: { n: 2 } }])
  })

  it('that was lost does not close the run of the one who has it now', async () => {
    const frozen = held(1)
    const one = refusal(runOnce(depsWith({ leaseMs: 50 }), scheduled, frozen.work))
    await frozen.running
    const second = held(2)
    const two = runOnce(depsWith(), scheduled, second.work)
    await second.running
    frozen.finish()
    await one
    expect(await db.query('select finished_at, outcome from job_run')).toEqual([{ finished_at: null, outcome: null }])
    second.finish()
    expect(await two).toEqual({ n: 2 })
  })

  it('is renewed while the work goes on, whether or not the work asks for it', async () => {
    const first = held(1)
    const one = runOnce(depsWith({ leaseMs: 2_000 }), byHand, first.work)
    await first.running
    await sleep(3_000)
    expect((await refusal(runOnce(depsWith(), { ...byHand, waitMs: 0 }, succeed(2)))).kind.status).toBe(503)
    first.finish()
    expect(await one).toEqual({ n: 1 })
    expect(await db.query('select outcome from job_run')).toEqual([{ outcome: 'success' }])
  })

  it('is not over while a step under way holds the connection that would renew it', async () => {
    const single = openDatabase('partitions', optionsOf(), { poolSize: 1 })
    const order: string[] = []
    const begun = Promise.withResolvers<void>()
    const one = runOnce({ ...depsWith({ leaseMs: 50 }), db: single }, byHand, async () => {
      await single.writeAll(async (tx) => {
        begun.resolve()
        await sql`select pg_sleep(0.7)`.execute(tx)
        order.push('the step ends')
      })
      return await succeed(1)()
    })
    await begun.promise
    const two = runOnce(depsWith(), byHand, async () => {
      order.push('the next run begins')
      return await succeed(2)()
    })
    expect(await Promise.all([one, two])).toEqual([{ n: 1 }, { n: 2 }])
    expect(order).toEqual(['the step ends', 'the next run begins'])
    await single.close()
  })

  it('of a run that was killed in a step ends with it: the server notices that nobody is there', async () => {
    const killed = openDatabase('partitions', optionsOf(), { poolSize: 1 })
    const begun = Promise.withResolvers<number>()
    const one = refusal(
      runOnce({ ...depsWith({ leaseMs: 50 }), db: killed }, byHand, async () => {
        await killed.writeAll(async (tx) => {
          const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
          begun.resolve(rows[0]?.pid ?? 0)
          await sql`select pg_sleep(60)`.execute(tx)
        })
        return await succeed(1)()
      }),
    )
    const pid = await begun.promise
    await sleep(100)
    const closing = killed.close()
    const at = Date.now()
    await db.query('select pg_terminate_backend($1)', [pid])
    expect(await runOnce(depsWith(), byHand, succeed(2))).toEqual({ n: 2 })
    expect(Date.now() - at).toBeLessThan(1_000)
    await Promise.all([one, closing])
  })

  it('is kept by renewing it', async () => {
    let renewals = 0
    const work = async (renew: () => Promise<void>): Promise<Finished<{ n: number }>> => {
      for (; renewals < 6; renewals++) {
        await sleep(150)
        await renew()
      }
      return { outcome: 'success', result: { n: 1 } }
    }
    const one = runOnce(depsWith({ leaseMs: 600 }), byHand, work)
    await sleep(20)
    expect(await runOnce(depsWith(), byHand, succeed(2))).toEqual({ n: 2 })
    expect(renewals).toBe(6)
    expect(await one).toEqual({ n: 1 })
  })
})
