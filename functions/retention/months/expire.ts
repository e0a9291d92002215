// Ends cold storage for one month of points.
import { fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import { takeWriteLock } from '@penstock/shared/months/write-lock.ts'
import { expireObjects, selectObjects } from '../objects/archive-queries.ts'
import { assertSeesAll, MOVED, type MonthDeps, type Progress, tableOf, waits } from './month-deps.ts'
import { type MonthFound, monthIsHeld, moveMonth } from './month-state-queries.ts'
import { hasDeferred } from './seal.ts'

/**
 * Expires a month whose youngest object was written by `cutoff` (a month without objects: that was dropped by then). From the commit on
 * its points are refused and its objects are unused. A month does not expire while a hold covers it or points wait for it to be reopened.
 * With `dryRun` it only reports whether it would. Safe to repeat.
 */
export async function expire(deps: MonthDeps, found: MonthFound, cutoff: Micros, dryRun: boolean): Promise<Progress> {
  return await deps.db.writeAll(async (tx) => {
    await assertSeesAll(tx)
    const standing = (await selectObjects(tx, found.month)).filter(({ state }) => state === 'verified')
    const since = standing.length === 0 ? [found.changed] : standing.map(({ writtenAt }) => writtenAt)
    if (Math.max(...since.map(fromPostgres)) > cutoff) return waits('it is not old enough')
    if (await monthIsHeld(tx, tableOf(found))) return waits('it is under a hold')
    if (dryRun) return MOVED
    await takeWriteLock(deps, tx)
    if (await hasDeferred(tx, found)) return waits('late points arrived, and it must be reopened for them')
    await moveMonth(tx, found, 'expired')
    await expireObjects(tx, found.month)
    return MOVED
  })
}
