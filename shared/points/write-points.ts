// The core of every write: turns columns of points into rows of the log, in the caller's transaction.
import type { Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import type { BlockColumns, Sorted } from './columns.ts'
import { type Appended, appendLogRows } from './log-queries.ts'
import { cutLogRows } from './log-rows.ts'

/**
 * Appends points of a tenant to the log in one statement: all of them, or none when one has expired; the caller then omits the points
 * below `expiredBefore` and writes the rest. The caller's transaction must be READ COMMITTED or stricter, act as this tenant, and call
 * this once: two rows of one transaction have the same place in the order, so a point in both would have no winner. Safe to repeat in
 * another transaction, which writes the same points again.
 */
export async function writePoints(
  tx: Transaction<Database>,
  tenantId: number,
  points: Sorted<BlockColumns>,
): Promise<Appended> {
  return await appendLogRows(tx, tenantId, cutLogRows(points))
}
