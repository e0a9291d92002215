// Ends cold storage, for every dataset.
import { faultOf } from '@penstock/shared/archive/archive-fault.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { syncHolds } from '@penstock/shared/lifecycle/holds.ts'
import { countExpiredRowObjects, expireRowObjects } from '../objects/hold-queries.ts'
import { errorOf, type PolicyCall, type PolicyResult } from '../policy.ts'
import { expireStored, type StoredDeps } from './stored-months.ts'

/**
 * Brings the temporary holds in storage in line with the records; then expires the objects that were written by the cutoff and are not on
 * hold, and removes them. One object's failure does not stop the others. Counts objects. Bounded by the deadline. Safe to repeat and to interrupt anywhere.
 */
export async function expireArchive(deps: StoredDeps, call: PolicyCall): Promise<PolicyResult> {
  const writtenBy = formatTimestamp(call.cutoff)
  const held = call.dryRun ? undefined : await syncHolds(deps, call.renew).then(() => undefined, detailOf)
  const rows = await deps.db.writeAll((tx) =>
    call.dryRun ? countExpiredRowObjects(tx, writtenBy) : expireRowObjects(tx, writtenBy),
  )
  const metrics = await expireStored(deps, call)
  return { ...metrics, deleted: (metrics.deleted ?? 0) + rows, ...errorOf(held, metrics.error) }
}

/** Describes why an object could not be held or released. @throws {Problem} when the run was lost. */
function detailOf(error: unknown): string {
  if (error instanceof Problem) throw error
  const { detail, tenant, object } = faultOf(error)
  logger.error({ err: error, tenant, object }, 'retention.hold_failed')
  return detail
}
