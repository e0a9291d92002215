// Archives old entries of the audit log: only those of whole seals, so that the remaining ones can still be verified.
import { AUDIT } from '@penstock/shared/archive/row-datasets.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { PolicyCall, PolicyDeps, PolicyResult } from '../policy.ts'
import { moveKeptFrom } from './aging-row-queries.ts'
import { archiveRows } from './row-archive.ts'

/** Archives and deletes the entries of every seal whose last entry is older than the cutoff. Safe to repeat and to interrupt. */
export async function archiveAudit(deps: PolicyDeps, call: PolicyCall): Promise<PolicyResult> {
  // Verification must know before the first entry leaves that entries of these seals may be gone.
  if (!call.dryRun) await deps.db.writeAll((tx) => moveKeptFrom(tx, formatTimestamp(call.cutoff)))
  return await archiveRows(deps, call, AUDIT)
}
