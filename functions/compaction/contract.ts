// functions/compaction/contract.ts: what one run did
import type { Routes } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

/** A run may be asked to take everything, whether it is due or not. Without a body it takes what is due. */
export const RunRequest = z.object({ all: z.boolean().nullish() })

/**
 * What one run did. `points.taken` is the sum of the other three. `partial` is answered with 500: some of it failed, the rest is done, and no answer
 * is wrong for it.
 */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  readonly points: PointCounts
  /** Days of tenants that were compacted. */
  readonly days: number
  readonly errors: readonly RunError[]
  /** Work is left: the next run goes on with it. */
  readonly more: boolean
}

export interface PointCounts {
  /** Points that left the log. */
  readonly taken: number
  /** Points that the chunks did not have. */
  readonly written: number
  /** Points that replaced one in the chunks, or were replaced by a newer one of the log. */
  readonly replaced: number
  /** Points of series that were erased, and points that have expired. */
  readonly dropped: number
}

/** About a tenant, by its name. */
export interface RunError {
  readonly tenant: string
  readonly detail: string
}

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  run: { method: 'POST', path: '/api/v1/monitoring/compaction/run', scope: 'operate', service: true },
} as const satisfies Routes
