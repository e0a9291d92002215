// Ends the runs over a tenant's months.

import { lockTenant } from '../compaction/queries.ts'
import { removeUnused } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import { deleteRuns, selectMonthsOnTheirWay } from './run-queries.ts'
import { settleMonth } from './settle-month.ts'

/**
 * Forgets every run over the tenant's months, also one that is still alive: it can put nothing new into place any more. Contents that may have come into
 * place are settled. Safe to repeat.
 * @throws {ArchiveFault} when an object is neither the one that is known nor such a content.
 */
export async function forgetRuns(deps: RunDeps, tenantId: number): Promise<void> {
  const runs = await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, tenantId)
    return await deleteRuns(tx, tenantId)
  })
  await removeUnused(deps, runs)
  for (const month of await deps.db.readAll((tx) => selectMonthsOnTheirWay(tx, tenantId)))
    await settleMonth(deps, month)
}
