// The policy for roll-ups when points are in the log and chunks.

import { countDueHours, dropHours } from '@penstock/shared/lifecycle/hour-expiry.ts'
import { errorOf, type PolicyCall, type PolicyResult } from '../policy.ts'
import { attempt, type StoredDeps } from './stored-months.ts'
import { selectTenantIds } from './stored-queries.ts'

/**
 * Deletes the roll-ups of months that ended by the cutoff, tenant by tenant. A failure of one tenant does not stop the others. Bounded by the
 * deadline, and safe to repeat and to interrupt anywhere.
 */
export async function dropStoredHours(base: StoredDeps, call: PolicyCall): Promise<PolicyResult> {
  const deps = { ...base, renew: call.renew }
  const errors: string[] = []
  let deleted = 0
  let more = false
  for (const tenantId of await deps.db.readAll(selectTenantIds)) {
    await attempt(errors, `tenant ${tenantId}`, async () => {
      if (call.dryRun) deleted += await countDueHours(deps, tenantId, call.cutoff)
      else {
        const dropped = await dropHours(deps, tenantId, call)
        deleted += dropped.deleted
        more ||= dropped.more
      }
    })
    if (more) break
  }
  return { deleted, more, ...errorOf(...errors) }
}
