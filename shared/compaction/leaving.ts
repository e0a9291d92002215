// Drops empty partitions of chunks, while nothing can fill them.

import { logger } from '../base/logger.ts'
import { Problem } from '../base/problem.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { isDatabaseTrouble } from '../database/database-errors.ts'
import type { AsOwner } from '../database/owner-connection.ts'
import { chunkTable } from '../points/chunk-months.ts'
import { deleteMonth, dropPartition, isMonthEmpty, selectOtherMonths, setLeaving } from './leaving-queries.ts'

/**
 * Drops the partitions of months that are not needed and have no chunk. A compaction holds a shared lock on `leaving` until it ends, so
 * once it is set nothing fills the partition; when a compaction filled it just before, the month stays. After an interruption the next
 * run continues.
 * @returns the months that were dropped.
 */
export async function dropEmptyMonths(
  { db }: { readonly db: PenstockDatabase },
  asOwner: AsOwner,
  required: readonly string[],
): Promise<readonly string[]> {
  const months = await db.readAll((tx) => selectOtherMonths(tx, required))
  const dropped: string[] = []
  for (const { month, leaving } of months) {
    try {
      if (!leaving && !(await db.readAll((tx) => isMonthEmpty(tx, month)))) continue
      await db.writeAll((tx) => setLeaving(tx, month, true))
      // A new transaction, whose snapshot is younger than the end of every compaction that had read the month before.
      if (!(await db.readAll((tx) => isMonthEmpty(tx, month)))) {
        await db.writeAll((tx) => setLeaving(tx, month, false))
        continue
      }
      await asOwner(async (owner) => await dropPartition(owner, chunkTable(month)))
      await db.writeAll((tx) => deleteMonth(tx, month))
      logger.info({ month }, 'partitions.dropped')
      dropped.push(month)
    } catch (error) {
      if (!isWait(error)) throw error
      logger.warn({ err: error, month }, 'partitions.drop_put_off')
    }
  }
  return dropped
}

/** Returns true when the lock was not granted in time or a detach was interrupted: the next run continues. */
function isWait(error: unknown): boolean {
  const cause = error instanceof Problem ? error.cause : error
  const { code } = cause as { code?: unknown }
  return isDatabaseTrouble(cause) && (code === '55P03' || code === '57014')
}
