// The core of every write: turns columns of points into rows of the log, in the caller's transaction.
import type { Transaction } from 'kysely'
import type { PenstockDatabase } from '../database/database.ts'
import type { UnitOptions } from '../database/units.ts'
import type { Database } from '../schema/index.ts'
import type { BlockColumns, Sorted } from './columns.ts'
import { type Appended, appendInOneTrip, appendLogRows } from './log-queries.ts'
import { cutLogRows } from './log-rows.ts'

/**
 * Appends points of a tenant to the log in one statement: all of them, or none when one has expired or the tenant's epoch is not `epoch`.
 * The caller then leaves out the points below `expiredBefore`, resolves the series again, and writes the rest.
 *
 * The caller's transaction is READ COMMITTED or stricter and acts as this tenant. Call it once per transaction, because two rows of one
 * transaction have no order. Safe to repeat in another transaction, which writes the same points again.
 */
export async function writePoints(
  tx: Transaction<Database>,
  tenantId: number,
  points: Sorted<BlockColumns>,
  epoch?: number,
): Promise<Appended> {
  return await appendLogRows(tx, tenantId, cutLogRows(points), epoch)
}

/** The same in a transaction of its own, which takes one round trip. */
export async function writePointsInOneTrip(
  db: Pick<PenstockDatabase, 'pipelineInTenant'>,
  tenantId: number,
  points: Sorted<BlockColumns>,
  epoch: number,
  options: UnitOptions,
): Promise<Appended> {
  return await appendInOneTrip(db, tenantId, cutLogRows(points), epoch, options)
}
