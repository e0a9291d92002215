// Brings an archived month back into the database.

import { ObjectChanged } from '@penstock/shared/archive/archive-fault.ts'
import { wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { busy, notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { CopyTransaction, InCopyTransaction } from '@penstock/shared/database/copy-connection.ts'
import { invalidateHours, readByIndex, selectFence, storeDeferred } from '@penstock/shared/months/month-queries.ts'
import { monthTable, POINTS } from '@penstock/shared/months/month-table.ts'
import {
  attachTable,
  createTable,
  lockPartitions,
  startFilling,
  stopFilling,
} from '@penstock/shared/months/table-queries.ts'
import { takeWriteLock } from '@penstock/shared/months/write-lock.ts'
import { COPY_HEADER, COPY_TRAILER } from '@penstock/shared/points/binary-columns.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import type { ReopenAnswer } from '../contract.ts'
import { type ObjectRecord, selectObjects } from '../objects/archive-queries.ts'
import { copyRows } from './copy-rows.ts'
import { assertSeesAll, type MonthDeps, whileRenewing } from './month-deps.ts'
import { type MonthFound, moveMonth, selectMonth } from './month-state-queries.ts'
import { COPY_INTO_STAGING, createStaging, insertStaged, markReopened, selectIdentities } from './reopen-queries.ts'

export type ReopenDeps = Pick<MonthDeps, 'db' | 'store' | 'pause' | 'renew' | 'limits'> & {
  readonly inCopyTransaction: InCopyTransaction
}

/**
 * Makes an archived month live: the objects of every tenant are restored into a new table in the order of time, the waiting points are
 * merged into it, and the table becomes the month's partition. All of it is one transaction, so a failure leaves nothing behind. Each
 * object is verified while it is read. Writers are locked out only for the last moment. The objects remain until the month is archived
 * again. Roll-ups remain; the hours of the waiting points are computed again. Safe to repeat: a live month is left unchanged.
 * @throws {Problem} 404 when the month is not archived, 503 while it is being archived; {ArchiveFault} when an object differs from what
 * was written.
 */
export async function reopenMonth(deps: ReopenDeps, month: string): Promise<ReopenAnswer> {
  const { found, objects } = await deps.db.readAll(async (tx) => {
    await assertSeesAll(tx)
    return { found: archived(await selectMonth(tx, month), month), objects: await selectObjects(tx, month) }
  })
  const standing = objects.filter(({ state }) => state === 'verified')
  const reopened = await deps.inCopyTransaction(async (copying) => {
    const { tx } = copying
    await createStaging(tx)
    for (const object of standing) await copying.copyIn(COPY_INTO_STAGING, bytesOf(deps, object))
    const table = monthTable(POINTS, month)
    await createTable(tx, POINTS, table)
    await startFilling(tx, table)
    const restored = await whileRenewing(deps, insertStaged(tx, table.name))
    const rows = standing.reduce((sum, object) => sum + object.rows, 0)
    if (restored !== rows) throw new Error(`${restored} of ${rows} points of ${month} came back`)
    return { month, restored, merged: await goLiveAgain(deps, tx, found) }
  })
  logger.info({ ...reopened }, 'retention.month_reopened')
  return reopened
}

/** Returns the month if it is archived and no longer in the database. */
function archived(found: MonthFound | undefined, month: string): MonthFound {
  if (found?.state === 'dropped') return found
  if (found?.state === 'cold' || found?.state === 'detached')
    throw busy(`${month} is being moved out of the database. Try again later.`, undefined, 60)
  throw new Problem(notFound, `${month} is not archived.`)
}

/** Returns an object's points in COPY's format. */
async function* bytesOf(deps: ReopenDeps, object: ObjectRecord): AsyncGenerator<Uint8Array, void> {
  const { tenantId } = object
  const ids = await deps.db.readAll((tx) => selectIdentities(tx, tenantId))
  yield COPY_HEADER
  for await (const run of wholeRows(deps, object)) {
    const id = ids.get(seriesIdentity(run.series))
    if (id === undefined)
      throw new ObjectChanged(
        object.name,
        `has points of a series that no longer exists: ${JSON.stringify(run.series)}`,
      )
    yield copyRows(tenantId, id, run)
  }
  yield COPY_TRAILER
}

/** From here on the month is treated like one that goes live for the first time, but its roll-ups exist. */
async function goLiveAgain(deps: ReopenDeps, tx: CopyTransaction['tx'], found: MonthFound): Promise<number> {
  const table = monthTable(POINTS, found.month)
  await lockPartitions(tx, POINTS)
  await takeWriteLock(deps, tx)
  await readByIndex(tx)
  await invalidateHours(tx, 'deferred_point', table, { since: '-infinity', fence: await selectFence(tx) })
  const merged = await storeDeferred(tx, table.name, table, null)
  await stopFilling(tx, table)
  await attachTable(tx, POINTS, table)
  await moveMonth(tx, found, 'live')
  await markReopened(tx, found.month)
  return merged
}
