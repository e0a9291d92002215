import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
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

const byHand = { scheduleTime: undefined, waitMs: 1_000 }
/** A month of the next year for each round, so that each makes four partitions and drops those of the round before. */
const depsIn = (round: number): PartitionsDeps => ({
  ...months.deps(() => Date.UTC(2026, 10 + 5 * round, 20), { leaseMs: 30, pollMs: 5 }),
  asOwner: ownerConnection('partitions', { url: months.db.urlOf('partitions'), ca: undefined, inCloud: false }),
})

const attached = async () =>
  (
    await months.db.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'metric_chunk'::regclass order by 1`,
    )
  ).length

describe('a run', { timeout: 180_000 }, () => {
  it('that dies after any of its statements is completed by the next one', async () => {
    let deaths = 0
    for (let round = 0; ; round++) {
      let isDead = false
      const dying = betweenStatements(months.database, async (count) => {
        if (count !== round + 1) return
        isDead = true
        throw new Error('the instance died')
      })
      // The instance does nothing after its death.
      const units = aroundUnits({ ...dying }, async (unit, work) => {
        if (isDead) throw new Error('the instance is dead')
        return await unit(work)
      })
      const died = await run({ ...depsIn(round), db: { ...dying, ...units } }, byHand).then(
        ({ errors }) => errors.length > 0 || isDead,
        () => true,
      )
      const answer = await run(depsIn(round), byHand)
      expect([round, answer.errors, answer.findings, await attached()]).toEqual([round, [], [], 4])
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(25)
  })
})
