// Seals a month, which then accepts no points, and unseals it when points arrive before it is cold.
import {
  countDeferred,
  invalidateHours,
  lockAsWriter,
  readByIndex,
  selectFence,
  storeDeferred,
} from '@penstock/shared/months/month-queries.ts'
import { POINTS } from '@penstock/shared/months/month-table.ts'
import { takeWriteLock } from '@penstock/shared/months/write-lock.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { assertSeesAll, MOVED, type MonthDeps, type Progress, tableOf, waits } from './month-deps.ts'
import { type MonthFound, moveMonth } from './month-state-queries.ts'

/**
 * Seals a month: from the commit on its points are deferred, no writer remains that saw it live, and its content does not change until it
 * is live again. Safe to repeat. @throws {Problem} 503 when the write lock cannot be taken because of writers.
 */
export async function seal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  return await deps.db.writeAll(async (tx) => {
    await assertSeesAll(tx)
    await takeWriteLock(deps, tx)
    if (await hasDeferred(tx, found))
      return waits('points of it are deferred: the partitions job must store them first')
    await moveMonth(tx, found, 'sealed')
    return MOVED
  })
}

/** Returns true when points of the month have arrived that are not in it yet. */
export async function hasDeferred(tx: Transaction<Database>, found: MonthFound): Promise<boolean> {
  await readByIndex(tx)
  return (await countDeferred(tx, tableOf(found), 1)) > 0
}

/**
 * Makes a sealed, written or verified month live again, because points of it arrived. They are newer than the stored ones, and are moved
 * in the transaction that makes the month live; of a large backlog, all but the last batch are moved before, while writers continue.
 * Objects that were written in the meantime prove nothing any more. Safe to repeat and to interrupt.
 * @throws {Problem} 503 when the write lock cannot be taken because of writers.
 */
export async function unseal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  return await deps.db.writeAll(async (tx) => {
    const range = tableOf(found)
    await assertSeesAll(tx)
    await readByIndex(tx)
    const { batchPoints, lastPoints } = deps.limits
    const isLast = (await countDeferred(tx, range, lastPoints + 1)) <= lastPoints
    // While the lock is held, shared or exclusively, the fence does not move.
    await (isLast ? takeWriteLock(deps, tx) : lockAsWriter(tx))
    // The transition comes first: a suspended run that archives this month then changes nothing afterwards.
    await moveMonth(tx, found, isLast ? 'live' : 'sealed')
    await invalidateHours(tx, 'deferred_point', range, { since: '-infinity', fence: await selectFence(tx) })
    await storeDeferred(tx, POINTS, range, isLast ? null : batchPoints)
    return MOVED
  })
}
