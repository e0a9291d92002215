// Ends cold storage, for every dataset.
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { countExpiredRowObjects, expireRowObjects } from '../objects/hold-queries.ts'
import { syncHolds } from '../objects/holds.ts'
import type { Policy, PolicyCall, PolicyResult } from '../policy.ts'
import { expireMetrics, type MetricMonthsDeps } from './metric-months.ts'

/**
 * Brings the temporary holds in storage in line with the records; then expires the objects that were written by the cutoff and are not on
 * hold, and removes them. Counts objects. Bounded by the deadline. Safe to repeat and to interrupt anywhere.
 */
export async function expireArchive(
  deps: MetricMonthsDeps,
  call: PolicyCall,
  expirePoints: Policy = async (of) => await expireMetrics(deps, of),
): Promise<PolicyResult> {
  const writtenBy = formatTimestamp(call.cutoff)
  if (!call.dryRun) await syncHolds(deps, call.renew)
  const rows = await deps.db.writeAll((tx) =>
    call.dryRun ? countExpiredRowObjects(tx, writtenBy) : expireRowObjects(tx, writtenBy),
  )
  const metrics = await expirePoints(call)
  return { ...metrics, deleted: (metrics.deleted ?? 0) + rows }
}
