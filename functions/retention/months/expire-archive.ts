// The end of cold storage, of every dataset
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { countExpiredRowObjects, expireRowObjects } from '../objects/hold-queries.ts'
import { syncHolds } from '../objects/holds.ts'
import type { Policy, PolicyCall, PolicyResult } from '../policy.ts'
import { expireMetrics, type MetricMonthsDeps } from './metric-months.ts'

/**
 * Brings the temporary holds in storage to what the records say; then expires what was written by the cutoff and is on
 * no hold, and removes it. Counts objects. Bounded by the deadline. Safe to repeat and to interrupt anywhere.
 */
export async function expireArchive(
  deps: MetricMonthsDeps,
  call: PolicyCall,
  expirePoints: Policy = async (of) => await expireMetrics(deps, of),
): Promise<PolicyResult> {
  const writtenBy = formatTimestamp(call.cutoff)
  if (!call.dryRun) await syncHolds(deps, call.renew)
  const rows = await deps.db.inTransaction(
    async (tx) => await (call.dryRun ? countExpiredRowObjects(tx, writtenBy) : expireRowObjects(tx, writtenBy)),
  )
  const metrics = await expirePoints(call)
  return { ...metrics, deleted: (metrics.deleted ?? 0) + rows }
}
