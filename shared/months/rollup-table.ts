// A month's partition of the roll-ups.
import type { Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { invalidateHours, selectWatermark } from './month-queries.ts'
import { monthTable, POINTS, ROLLUPS } from './month-table.ts'
import { attachTable, createTable, lockPartitions, selectAttached } from './table-queries.ts'

/**
 * Makes the month's partition of the roll-ups if there is none, and returns whether it did. For a month below the watermark each hour
 * with points is recorded as invalid, because its roll-up was lost with the old partition. Safe to repeat.
 */
export async function makeRollupTable(tx: Transaction<Database>, month: string): Promise<boolean> {
  const table = monthTable(ROLLUPS, month)
  await lockPartitions(tx, ROLLUPS)
  const attached = await selectAttached(tx, ROLLUPS, table)
  if (attached) return false
  if (attached === null) await createTable(tx, ROLLUPS, table)
  await attachTable(tx, ROLLUPS, table)
  const lost = { since: '-infinity', fence: await selectWatermark(tx) }
  await invalidateHours(tx, POINTS, monthTable(POINTS, month), lost)
  return true
}
