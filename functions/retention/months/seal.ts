// A month stops taking points, and takes them again when some come before it is cold
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
 * From the commit on points of the month are deferred: no writer is under way that saw it live, and what it has does not change
 * until it is live again. Safe to repeat. @throws {Problem} 503 when a writer holds the write lock all the time.
 */
export async function seal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  return await deps.db.inTransaction(async (tx) => {
    await assertSeesAll(tx)
    await takeWriteLock(deps, tx)
    if (await hasDeferred(tx, found))
      return waits('points of it are deferred: the partitions job must store them first')
    await moveMonth(tx, found, 'sealed')
    return MOVED
  })
}

/** Whether points of a month came that are not in it yet. */
export async function hasDeferred(tx: Transaction<Database>, found: MonthFound): Promise<boolean> {
  await readByIndex(tx)
  return (await countDeferred(tx, tableOf(found), 1)) > 0
}

/**
 * Makes a month live again that is sealed, or further but not cold, because points of it came. They are newer than what is
 * stored, and are moved in the transaction that makes it live; of a large backlog all but the last piece before it, while writers
 * go on. What was written to storage meanwhile proves nothing any more. Safe to repeat and to interrupt.
 * @throws {Problem} 503 when a writer holds the write lock all the time.
 */
export async function unseal(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  return await deps.db.inTransaction(async (tx) => {
    const range = tableOf(found)
    await assertSeesAll(tx)
    await readByIndex(tx)
    const { batchPoints, lastPoints } = deps.limits
    const isLast = (await countDeferred(tx, range, lastPoints + 1)) <= lastPoints
    // With the lock, shared or not, the fence stays where it is.
    await (isLast ? takeWriteLock(deps, tx) : lockAsWriter(tx))
    // First of all: whoever archives this month and slept through it moves nothing afterwards.
    await moveMonth(tx, found, isLast ? 'live' : 'sealed')
    await invalidateHours(tx, 'deferred_point', range, { since: '-infinity', fence: await selectFence(tx) })
    await storeDeferred(tx, POINTS, range, isLast ? null : batchPoints)
    return MOVED
  })
}
