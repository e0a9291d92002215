// Caches a job with its version, for clients that poll it until it ends.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import type { Cache, CacheKey } from '@penstock/shared/cache/cache.ts'
import { type BackfillDeps, job } from './handler.ts'

export type KeptJobDeps = BackfillDeps & { readonly cache: Pick<Cache, 'read' | 'forget'> }

const KEPT_MS = 300_000

export interface KeptJob {
  readonly version: number
  /** The job as JSON. */
  readonly text: string
}

/** Returns the job with this id. @throws {Problem} 404 when there is none. */
export async function keptJob(deps: KeptJobDeps, caller: TenantPrincipal, jobId: string): Promise<KeptJob> {
  const kept = await deps.cache.read({
    ...keyOf(caller, jobId),
    ttlMs: KEPT_MS,
    async load() {
      const found = await job(deps, caller, jobId)
      return { version: found.version, text: `${found.version} ${writeExact(found)}` }
    },
    check: async () => (await job(deps, caller, jobId)).version,
  })
  const gap = kept.indexOf(' ')
  return { version: Number(kept.slice(0, gap)), text: kept.slice(gap + 1) }
}

/**
 * Runs a change of a job, and invalidates its cached form afterwards, even when the change failed, because it may have been committed.
 */
export async function changing<T>(
  { cache }: Pick<KeptJobDeps, 'cache'>,
  caller: TenantPrincipal,
  jobId: string,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change()
  } finally {
    await cache.forget(keyOf(caller, jobId))
  }
}

/** Ids are written in upper or lower case, so the key uses one of them. */
const keyOf = ({ tenant }: TenantPrincipal, jobId: string): CacheKey => ({
  kind: 'backfill.job.1',
  tenantId: tenant.id,
  parameters: [jobId.toLowerCase()],
})
