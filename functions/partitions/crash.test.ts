import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { betweenStatements } from '../../test/support/postgres/between-statements.ts'
import { type PartitionsDeps, run } from './handler.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())

const depsWith = (db: PenstockDatabase): PartitionsDeps => {
  const deps = months.deps({ batchPoints: 5, lastPoints: 3 })
  const limits = { ...deps.limits, runMs: 20_000, leaseMs: 30, pollMs: 5 }
  return { ...deps, db, now: () => Date.UTC(2026, 10, 20), limits }
}
const byHand = { scheduleTime: undefined, waitMs: 1_000 }

/** Thirteen points of nine keys, enough for two batches and a rest. */
const points = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 1, 9].map((key, i) => [1, `0${key}T00:00:00Z`, i] as const)
const expected = [
  ['01', 11],
  ['02', 10],
  ['03', 2],
  ['04', 3],
  ['05', 4],
  ['06', 5],
  ['07', 6],
  ['08', 7],
  ['09', 12],
]
const storedIn = async (month: string) =>
  (await months.stored(month)).map(({ ts, value }) => [ts.slice(8, 10), value] as const)

/** Where each key's last accepted value is while a month is under way: among the deferred points, else in its table. */
async function lastAccepted(month: string) {
  const table = `metric_point_${month.slice(0, 7).replace('-', '_')}`
  const there = await months.one('select to_regclass($1) is not null', table)
  const rows = await months.db.query<{ day: string; value: number }>(
    `select distinct on (ts) to_char(ts, 'DD') as day, value
     from (
       select ts, value, id from deferred_point
       ${there === true ? `union all select ts, value, 0 from ${table}` : ''}
     ) p order by ts, id desc`,
  )
  return rows.map(({ day, value }) => [day, value])
}

/** Few partitions keep each round short. */
async function forget(month: string): Promise<void> {
  for (const parent of ['metric_point', 'metric_rollup']) {
    await months.db.query(`drop table ${parent}_${month.slice(0, 7).replace('-', '_')}`)
  }
  await months.db.query('delete from metric_month where month = $1', [month])
}

/** The first statement after `n` meets `fault`, and whether one was met is known afterwards. */
function faultyAfter(n: number, fault: (backend: number) => Promise<void>): PenstockDatabase & { met: boolean } {
  const state = { met: false }
  const db = betweenStatements(months.database, async (count, backend) => {
    if (count !== n + 1) return
    state.met = true
    await fault(backend)
  })
  return Object.assign(state, db)
}

/** From its fault on the instance does nothing any more: what it holds in the database is for others to clear up. */
function dyingAfter(n: number): PenstockDatabase & { met: boolean } {
  const faulty = faultyAfter(n, async () => {
    throw new Error('the instance died')
  })
  const living = { ...faulty }
  const units = aroundUnits(living, async (run, work) => {
    if (faulty.met) throw new Error('the instance is dead')
    return await run(work)
  })
  return Object.assign(faulty, units)
}

const monthNumber = (n: number): string => new Date(Date.UTC(1950, n, 1)).toISOString().slice(0, 10)

describe('a run', { timeout: 180_000 }, () => {
  it('whose instance dies after any of its statements loses nothing, and the next run completes its work', async () => {
    let deaths = 0
    for (let n = 0; ; n++) {
      const month = monthNumber(n)
      await months.defer(month, points)
      const dying = dyingAfter(n)
      const died = await run(depsWith(dying), byHand).then(
        () => false,
        () => true,
      )
      expect([n, died]).toEqual([n, dying.met])
      expect([n, await lastAccepted(month)]).toEqual([n, expected])
      const answer = await run(depsWith(months.database), byHand)
      expect([n, answer.errors, answer.findings]).toEqual([n, [], []])
      expect([n, await storedIn(month), await months.stateOf(month)]).toEqual([n, expected, 'live'])
      expect(await months.waiting()).toBe(0)
      await forget(month)
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(60)
  })

  it('whose connection is ended after one of its statements completes its work by itself', async () => {
    let ends = 0
    for (let n = 0; ; n += 3) {
      const month = monthNumber(n)
      await months.defer(month, points)
      const faulty = faultyAfter(n, async (backend) => {
        await months.db.query('select pg_terminate_backend($1, 1000)', [backend])
      })
      const answer = await run(depsWith(faulty), byHand)
      expect([n, answer.errors, answer.findings]).toEqual([n, [], []])
      expect([n, await storedIn(month), await months.stateOf(month)]).toEqual([n, expected, 'live'])
      expect(await months.waiting()).toBe(0)
      await forget(month)
      if (!faulty.met) break
      ends++
    }
    expect(ends).toBeGreaterThan(20)
  })
})
