// Brings one month from deferred points to a partition that writers store into.

import type { Transaction } from 'kysely'
import { busy } from '../base/problem.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { Database } from '../schema/index.ts'
import {
  countDeferred,
  invalidateHours,
  lockAsWriter,
  markLive,
  readByIndex,
  replayDeferred,
  selectFence,
  selectMonthState,
  storeDeferred,
} from './month-queries.ts'
import { type MonthTable, monthTable, POINTS } from './month-table.ts'
import { makeRollupTable } from './rollup-table.ts'
import { attachTable, createTable, lockPartitions, selectAttached, startFilling, stopFilling } from './table-queries.ts'
import { takeWriteLock, type WriteLockDeps } from './write-lock.ts'

export interface GoLiveDeps extends WriteLockDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  readonly limits: WriteLockDeps['limits'] & {
    /** Points that one transaction moves while writers continue. */
    readonly batchPoints: number
    /** About this many points at most are left for the transaction that locks writers out. */
    readonly lastPoints: number
  }
}

/**
 * Moves one batch of a backlog into the month's table, which is not attached yet, while writers continue. Returns the number of moved
 * points: fewer than a batch when `goLive` can move the rest.
 * Safe to repeat and to interrupt: a point is in the queue or in the table, and an existing table is used again.
 */
export async function fillAhead(deps: GoLiveDeps, month: string): Promise<number> {
  const table = monthTable(POINTS, month)
  const { batchPoints, lastPoints } = deps.limits
  return await deps.db.writeAll(async (tx) => {
    await readByIndex(tx)
    if ((await countDeferred(tx, table, lastPoints + 1)) <= lastPoints) return 0
    await lockPartitions(tx, POINTS)
    const attached = await selectAttached(tx, POINTS, table)
    if (attached || (await selectMonthState(tx, month)) !== undefined) return 0

    if (attached === null) await createTable(tx, POINTS, table)
    await startFilling(tx, table)
    const moved = await storeDeferred(tx, table.name, table, batchPoints)
    await stopFilling(tx, table)
    return moved
  })
}

/** `made` is false when another run was faster, or the month was sealed or archived in the meantime. */
export interface WentLive {
  readonly made: boolean
  readonly replayed: number
}

/**
 * Makes a month live in one transaction: moves its deferred points into the partition and attaches it; from then on writers store directly.
 * Writers are locked out while the last points move, so a deferred point is always older than a directly stored one. Roll-ups get their
 * partition too. A live month that has lost its partition gets it back, or an empty one. Safe to repeat.
 * @throws {Problem} 503 when the write lock cannot be taken because of writers.
 */
export async function goLive(deps: GoLiveDeps, month: string): Promise<WentLive> {
  const table = monthTable(POINTS, month)
  return await deps.db.writeAll(async (tx) => {
    await lockPartitions(tx, POINTS)
    const state = await selectMonthState(tx, month)
    const attached = await selectAttached(tx, POINTS, table)
    if (state !== undefined && (state !== 'live' || attached)) return { made: false, replayed: 0 }

    if (attached === null) await createTable(tx, POINTS, table)
    if (!attached) await startFilling(tx, table)
    await makeRollupTable(tx, month)
    const target = attached ? POINTS : table.name
    await shutWritersOut(deps, tx, target, table)
    // The stored points of a live month are newer than its deferred ones, which are left to `replay`.
    const replayed = state === undefined ? await storeDeferred(tx, target, table, null) : 0
    if (!attached) await stopFilling(tx, table)
    if (!attached) await attachTable(tx, POINTS, table)
    if (!(await markLive(tx, month))) throw busy(`The state of ${month} changed while it was being made.`)
    return { made: true, replayed }
  })
}

/**
 * Takes the write lock, and records invalid hours below the fence like writers do: those of the table, then those that are still to move.
 */
async function shutWritersOut(
  deps: GoLiveDeps,
  tx: Transaction<Database>,
  target: string,
  table: MonthTable,
): Promise<void> {
  // A table that was filled ahead can have many: they are recorded before the lock, and those that the fence passed in the meantime after
  // it.
  const before = await selectFence(tx)
  await invalidateHours(tx, target, table, { since: '-infinity', fence: before })
  await takeWriteLock(deps, tx)
  const fence = await selectFence(tx)
  await invalidateHours(tx, target, table, { since: before, fence })
  await readByIndex(tx)
  await invalidateHours(tx, 'deferred_point', table, { since: '-infinity', fence })
}

/**
 * Moves one batch of points that are still deferred although their month is live, and returns their number: 0 when there are none or the
 * month is not live. `goLive` moves all deferred points, so this finds points only after a fault. Their order of acceptance is then
 * unknown, so a stored point counts as newer. Safe to repeat.
 */
export async function replay(deps: GoLiveDeps, month: string): Promise<number> {
  return await deps.db.writeAll(async (tx) => {
    await lockAsWriter(tx)
    if ((await selectMonthState(tx, month)) !== 'live') return 0
    await readByIndex(tx)
    return await replayDeferred(tx, monthTable(POINTS, month), deps.limits.batchPoints)
  })
}
