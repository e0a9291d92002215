// A job as it is asked for, again and again, by whoever waits for its end: kept, with its version.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import type { Cache, CacheKey } from '@penstock/shared/cache/cache.ts'
import { type BackfillDeps, job } from './handler.ts'

export type KeptJobDeps = BackfillDeps & { readonly cache: Pick<Cache, 'read' | 'forget'> }

const KEPT_MS = 300_000

export interface KeptJob {
  readonly version: number
  /** JSON of the job. */
  readonly text: string
}

/** The job of this id. @throws {Problem} 404 when there is none. */
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

/** Does what changes a job, and ends what is kept of it, also when it is not known whether it did. */
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

/** Ids are written in either case. */
const keyOf = ({ tenant }: TenantPrincipal, jobId: string): CacheKey => ({
  kind: 'backfill.job.1',
  tenantId: tenant.id,
  parameters: [jobId.toLowerCase()],
})
