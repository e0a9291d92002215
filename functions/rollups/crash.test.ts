import { formatTimestamp, HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRollups, type RollupDatabase } from '../../test/support/months/rollup-database.ts'
import { betweenStatements } from '../../test/support/postgres/between-statements.ts'
import { run } from './handler.ts'

const byHand = { scheduleTime: undefined, waitMs: 2_000 }
const START = parseTimestamp('2026-11-10T00:00:00Z') as number

let lab: RollupDatabase
let series: number
beforeAll(async () => {
  lab = await openRollups(['2026-11-01'])
  series = await lab.series()
})
afterAll(async () => await lab.close())

const limits = { leaseMs: 30, pollMs: 5 }
const hour = (n: number, offset = 0): string => formatTimestamp(START + n * HOUR + offset)

/** A point of the hour before this one, which is new, and one of an hour that was rolled up long ago. */
async function writeBefore(n: number): Promise<void> {
  await lab.write(series, [
    [hour(n - 1), n],
    [hour(n - 5, n), n],
  ])
}

async function expectAllDone(n: number): Promise<void> {
  const answer = await run(lab.deps(hour(n), limits), byHand)
  expect([n, answer.status, answer.more]).toEqual([n, 'success', false])
  expect([n, await lab.wrong(), await lab.invalid()]).toEqual([n, [], []])
  const at = hour(n).slice(0, 19).replace('T', ' ')
  expect(await lab.marks()).toEqual({ fence: `${at}+00`, watermark: `${at}+00` })
}

/** From its death on the instance does nothing any more: what it holds in the database is for others to clear up. */
function dyingAfter(n: number): { readonly db: PenstockDatabase; died: boolean; bury(): Promise<void> } {
  const own = lab.open()
  const db = betweenStatements(own, async (count) => {
    if (count >= n) dying.died = true
    if (dying.died) throw new Error('the instance died')
  })
  const dying = { died: false, db, bury: async () => await own.close() }
  return dying
}

describe('a run', { timeout: 120_000 }, () => {
  it('whose instance dies after any of its statements leaves right answers, and the next run completes its work', async () => {
    let n = 1
    for (let died = true; died; n++) {
      await writeBefore(n)
      const dying = dyingAfter(n)
      await run(lab.deps(hour(n), limits, dying.db), byHand).catch(() => {})
      await dying.bury()
      died = dying.died
      expect([n, await lab.wrong()]).toEqual([n, []])
      await expectAllDone(n)
    }
    expect(n).toBeGreaterThan(20)
  })

  it('whose connection is ended after any of its statements completes its work by itself', async () => {
    const first = 200
    let ended = true
    let n = first
    for (; ended; n++) {
      await writeBefore(n)
      ended = false
      const own = lab.open()
      const db = betweenStatements(own, async (count, backend) => {
        if (count !== n - first + 1) return
        ended = true
        await lab.db.query('select pg_terminate_backend($1, 1000)', [backend])
      })
      const answer = await run(lab.deps(hour(n), { ...limits, leaseMs: 5_000 }, db), byHand)
      await own.close()
      expect([n, answer.status, answer.more]).toEqual([n, 'success', false])
      expect([n, await lab.wrong(), await lab.invalid()]).toEqual([n, [], []])
    }
    expect(n - first).toBeGreaterThan(20)
  })
})

describe('three runs at once', () => {
  it('do the work once, and all succeed', async () => {
    const n = 400
    for (let i = 0; i < 30; i++) await lab.write(series, [[hour(n - 20 - i), i]])
    const before = (await lab.rollups()).length
    const runs = [1, 2, 3].map(async () => await run(lab.deps(hour(n), { pollMs: 5 }, lab.open()), byHand))
    const answers = await Promise.all(runs)
    expect(answers.map(({ status }) => status)).toEqual(['success', 'success', 'success'])
    expect(answers.reduce((sum, { buckets }) => sum + buckets, 0)).toBe(30)
    expect((await lab.rollups()).length).toBe(before + 30)
    await expectAllDone(n)
  })
})
