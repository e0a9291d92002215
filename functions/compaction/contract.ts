// The request and the result of one run.
import type { Routes } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

/** A run can be asked to compact everything, due or not. Without a body it compacts what is due. */
export const RunRequest = z.object({ all: z.boolean().nullish() })

/**
 * The result of one run. `points.taken` is the sum of the other three. `partial` is answered with 500: a part of the work failed, the
 * rest is done, and all query answers stay correct.
 */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  readonly points: PointCounts
  /** Number of days of tenants that were compacted. */
  readonly days: number
  readonly errors: readonly RunError[]
  /** True when work is left, which the next run does. */
  readonly more: boolean
}

export interface PointCounts {
  /** Points that left the log. */
  readonly taken: number
  /** Points that the chunks did not have. */
  readonly written: number
  /** Points that replaced one in the chunks, or were replaced by a newer one in the log. */
  readonly replaced: number
  /** Points of erased series, and points that have expired. */
  readonly dropped: number
}

/** An error that concerns a tenant, by its name. */
export interface RunError {
  readonly tenant: string
  readonly detail: string
}

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. */
export const routes = {
  run: { method: 'POST', path: '/api/v1/monitoring/compaction/run', scope: 'operate', service: true },
} as const satisfies Routes
