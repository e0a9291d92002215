// Drops the roll-ups of months whose points have expired.

import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { monthTable, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import { dropTable, lockPartitions, selectAttached } from '@penstock/shared/months/table-queries.ts'
import type { PolicyCall, PolicyResult } from '../policy.ts'
import { detachConcurrently, finishDetaching, limitWaits, selectDetaching } from './detach-queries.ts'
import type { MetricMonthsDeps } from './metric-months.ts'
import { countRollups, selectOutlived } from './rollup-queries.ts'

/**
 * Detaches and drops the roll-ups of months that ended by the cutoff and have expired. While a month's points exist anywhere, its
 * roll-ups remain, because answers use both. Counts roll-ups. Bounded by the deadline. Safe to repeat and to interrupt anywhere: the next
 * run finishes an interrupted detach.
 */
export async function dropRollups(deps: MetricMonthsDeps, call: PolicyCall): Promise<PolicyResult> {
  const { db, now } = deps
  const cutoff = formatTimestamp(call.cutoff)
  const months = await db.readAll((tx) => selectOutlived(tx, cutoff))
  let deleted = 0
  for (const month of months) {
    if (now() >= call.deadline) return { deleted, more: true }
    await call.renew()
    const count = await db.readAll((tx) => countRollups(tx, monthTable(ROLLUPS, month)))
    if (!call.dryRun) await dropMonth(deps, month)
    deleted += count
  }
  return { deleted, more: false }
}

async function dropMonth({ db, asOwner, limits }: MetricMonthsDeps, month: string): Promise<void> {
  const table = monthTable(ROLLUPS, month)
  await asOwner(async (owner) => {
    await limitWaits(owner, limits.readerWaitMs)
    for (const pending of await selectDetaching(owner, ROLLUPS)) await finishDetaching(owner, ROLLUPS, pending)
    if (await selectAttached(owner, ROLLUPS, table)) await detachConcurrently(owner, ROLLUPS, table.name)
  })
  await db.writeAll(async (tx) => {
    await lockPartitions(tx, ROLLUPS)
    await dropTable(tx, table)
  })
}
