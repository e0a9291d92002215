// Removes a month from the database after its objects are verified.

import { ObjectChanged } from '@penstock/shared/archive/archive-fault.ts'
import { POINTS } from '@penstock/shared/months/month-table.ts'
import { dropTable, lockPartitions, selectAttached } from '@penstock/shared/months/table-queries.ts'
import { takeWriteLock } from '@penstock/shared/months/write-lock.ts'
import { selectObjects } from '../objects/archive-queries.ts'
import { detachConcurrently, finishDetaching, limitWaits, selectDetaching } from './detach-queries.ts'
import { assertSeesAll, MOVED, type MonthDeps, type Progress, tableOf, waits, whileRenewing } from './month-deps.ts'
import { type MonthFound, monthIsHeld, moveMonth, rollupsAreComplete } from './month-state-queries.ts'
import { hasDeferred } from './seal.ts'

/**
 * Makes a verified month cold: from the commit on readers use its objects, and late points wait until the month is reopened. It waits
 * while a hold covers the month. Safe to repeat. @throws {Problem} 503 when the write lock cannot be taken because of writers.
 */
export async function cool(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  return await deps.db.writeAll(async (tx) => {
    const range = tableOf(found)
    await assertSeesAll(tx)
    if (await monthIsHeld(tx, range)) return waits('it is under a hold')
    if (!(await rollupsAreComplete(tx, range))) return waits('its roll-ups are not complete')
    await takeWriteLock(deps, tx)
    // With the lock held, no writer remains that saw the month before it was cold and could still defer a point for it.
    if (await hasDeferred(tx, found)) return waits('new points of it arrived')
    await moveMonth(tx, found, 'cold')
    return MOVED
  })
}

/**
 * Detaches the partition of a cold month with a lock that neither readers nor writers notice. An interrupted detach of any month is
 * finished first, because no other partition can be detached before it. Safe to repeat and to interrupt anywhere.
 */
export async function detach(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const table = tableOf(found)
  const detaching = deps.asOwner(async (db) => {
    await limitWaits(db, deps.limits.readerWaitMs)
    for (const pending of await selectDetaching(db, POINTS)) await finishDetaching(db, POINTS, pending)
    if (await selectAttached(db, POINTS, table)) await detachConcurrently(db, POINTS, table.name)
    return true
  })
  const begun = await whileRenewing(deps, detaching).catch(laterIfBusy)
  if (!begun) return waits('transactions that may read it are still open')
  await deps.db.writeAll((tx) => moveMonth(tx, found, 'detached'))
  return MOVED
}

/**
 * Drops the table of a detached month, after another check that every current object of the month is in storage. It waits while a hold
 * covers the month. Safe to repeat: table and state change in one transaction.
 * @throws {Error} when an object differs from what was verified.
 */
export async function drop(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const table = tableOf(found)
  const standing = await deps.db.readAll(async (tx) => {
    await assertSeesAll(tx)
    if (await monthIsHeld(tx, table)) return undefined
    return (await selectObjects(tx, found.month)).filter(({ state }) => state === 'verified')
  })
  if (!standing) return waits('it is under a hold')
  for (const { name, generation, crc32c } of standing) {
    await deps.renew()
    const stored = await deps.store.stat(name)
    if (stored?.generation !== generation || stored.crc32c !== crc32c)
      throw new ObjectChanged(name, stored ? 'is not the object that was verified' : 'is missing from storage')
  }
  return await deps.db
    .writeAll(async (tx): Promise<Progress> => {
      await lockPartitions(tx, POINTS)
      if (await selectAttached(tx, POINTS, table)) throw new Error(`${table.name} is attached`)
      // Checked again, because time has passed while storage was read.
      if (await monthIsHeld(tx, table)) return waits('it is under a hold')
      await moveMonth(tx, found, 'dropped')
      await dropTable(tx, table)
      return MOVED
    })
    .catch(laterIfBusy)
    .then((progress) => progress ?? waits('another session is using its table'))
}

/** Returns undefined for a wait that took too long, which is tried again later. */
function laterIfBusy(error: unknown): undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  if (!TOO_LONG.has(code) && !TOO_LONG.has(cause?.code)) throw error
}

/** lock_not_available and query_canceled, the codes of a time-out. */
const TOO_LONG = new Set<unknown>(['55P03', '57014'])
