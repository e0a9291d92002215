// A month's partition of the roll-ups.
import type { Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { invalidateHours, selectWatermark } from './month-queries.ts'
import { monthTable, POINTS, ROLLUPS } from './month-table.ts'
import { attachTable, createTable, lockPartitions, selectAttached } from './table-queries.ts'

/**
 * Makes the month's partition of the roll-ups where there is none, and answers whether it did. Of a month below the watermark that has
 * points each hour is recorded as invalid: what was known of them has gone with the old partition. Safe to repeat.
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
