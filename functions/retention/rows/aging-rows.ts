// Deletes rows by age alone, in the tables that allow it.
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { PolicyCall, PolicyDeps, PolicyResult } from '../policy.ts'
import { type AgingTable, beginRun, countOld, deleteOld } from './aging-row-queries.ts'

/** Deletes the table's rows that are older than the cutoff, one batch per transaction. Safe to repeat. */
export async function deleteAgedRows(
  { db, now, limits }: PolicyDeps,
  { cutoff, dryRun, deadline, renew }: PolicyCall,
  table: AgingTable,
): Promise<PolicyResult> {
  const before = formatTimestamp(cutoff)
  if (dryRun) {
    const deleted = await db.readAll((tx) => countOld(tx, table, before))
    return { deleted, more: false }
  }
  const batch = { cutoff: before, limit: limits.batchRows }
  for (let deleted = 0; ; ) {
    if (now() >= deadline) return { deleted, more: true }
    await renew()
    const count = await db.writeAll(async (tx) => {
      await beginRun(tx)
      return await deleteOld(tx, table, batch)
    })
    deleted += count
    if (count < limits.batchRows) return { deleted, more: false }
  }
}
