// functions/partitions/leaving.ts: partitions of chunks are dropped when they are empty, and nobody can fill them meanwhile

import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isDatabaseTrouble } from '@penstock/shared/database/database-errors.ts'
import type { AsOwner } from '@penstock/shared/database/owner-connection.ts'
import { chunkTable } from '@penstock/shared/points/chunk-months.ts'
import { deleteMonth, dropPartition, isMonthEmpty, selectOtherMonths, setLeaving } from './leaving-queries.ts'

/**
 * Drops the partitions of months that are not needed and have no chunk. A compaction reads `leaving` for share and keeps that to its end, so once it
 * is set nobody fills the partition, and those who were about to have: then the month stays. Interrupted anywhere, the next run goes on.
 * @returns the months that were dropped.
 */
export async function dropEmptyMonths(
  { db }: { readonly db: PenstockDatabase },
  asOwner: AsOwner,
  required: readonly string[],
): Promise<readonly string[]> {
  const months = await db.inTransaction(async (tx) => await selectOtherMonths(tx, required), { readOnly: true })
  const dropped: string[] = []
  for (const { month, leaving } of months) {
    try {
      if (!leaving && !(await db.inTransaction(async (tx) => await isMonthEmpty(tx, month), { readOnly: true })))
        continue
      await db.inTransaction(async (tx) => await setLeaving(tx, month, true))
      // A new transaction, whose snapshot is younger than the end of every compaction that had read the month before.
      if (!(await db.inTransaction(async (tx) => await isMonthEmpty(tx, month), { readOnly: true }))) {
        await db.inTransaction(async (tx) => await setLeaving(tx, month, false))
        continue
      }
      await asOwner(async (owner) => await dropPartition(owner, chunkTable(month)))
      await db.inTransaction(async (tx) => await deleteMonth(tx, month))
      logger.info({ month }, 'partitions.dropped')
      dropped.push(month)
    } catch (error) {
      if (!isWait(error)) throw error
      logger.warn({ err: error, month }, 'partitions.drop_put_off')
    }
  }
  return dropped
}

/** A lock that was not granted in time, or a detach that was cut short: the next run goes on. */
function isWait(error: unknown): boolean {
  const cause = error instanceof Problem ? error.cause : error
  const { code } = cause as { code?: unknown }
  return isDatabaseTrouble(cause) && (code === '55P03' || code === '57014')
}
