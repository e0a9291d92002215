// functions/retention/contract.ts: what can be asked of retention, and what is answered
import type { Routes } from '@penstock/shared/wire.ts'
import { z } from 'zod'

/** In the order in which a run goes through them: what takes longest is last. */
export const policyNames = [
  'idempotency_keys',
  'job_runs',
  'dead_letters',
  'rollups',
  'backfill_jobs',
  'feedback',
  'metrics_archive',
  'metrics_delete',
  'metrics_expire',
] as const
export type PolicyName = (typeof policyNames)[number]

export const RunRequest = z.object({
  /** Default: all of them. */
  policies: z.array(z.enum(policyNames)).min(1).max(policyNames.length).nullish(),
  /** Says what would happen, and changes nothing. */
  dry_run: z.boolean().nullish(),
})
export type RunRequest = z.infer<typeof RunRequest>

/** What every policy says. A policy that was not asked for has zeros and nulls. */
interface PolicyAnswer {
  /** RFC 3339: what is older is due. */
  readonly cutoff_date: string | null
  /** Why it failed; what it counts was done before. */
  readonly error?: string
}

/** Rows that were deleted. */
export interface DeleteAnswer extends PolicyAnswer {
  readonly deleted_count: number
}

/** Rows that were written to objects, read back, and then deleted. */
export interface ArchiveRowsAnswer extends DeleteAnswer {
  readonly archived_count: number
  /** The last object that was written, and all of them. */
  readonly archive_uri: string | null
  readonly archive_uris: readonly string[]
}

/** Points that were written to objects and read back. */
export interface ArchiveAnswer extends PolicyAnswer {
  readonly archived_count: number
  readonly archive_uris: readonly string[]
}

export interface Results {
  /** When the run began. */
  readonly execution_time: string
  readonly backfill_jobs: ArchiveRowsAnswer
  readonly feedback: ArchiveRowsAnswer
  readonly metrics_archive: ArchiveAnswer
  /** Points of archived months that left the database. */
  readonly metrics_delete: DeleteAnswer
  /** Archive objects at the end of cold storage. */
  readonly metrics_expire: DeleteAnswer
  readonly rollups: DeleteAnswer
  readonly dead_letters: DeleteAnswer
  readonly idempotency_keys: DeleteAnswer
  readonly job_runs: DeleteAnswer
}

/** `partial` is answered with 500: some policies failed, the others are done. */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  readonly message: string
  /** Work is left: the next run goes on with it. */
  readonly more: boolean
  readonly results: Results
}

/** What the gateway, Terraform and the OpenAPI document are made from. */
export const routes = {
  run: {
    method: 'POST',
    path: '/api/v1/monitoring/retention/run',
    scope: 'operate',
    service: true,
    body: RunRequest,
  },
} as const satisfies Routes
