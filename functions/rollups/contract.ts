// The result of one run.
import type { Routes } from '@penstock/shared/base/wire.ts'

/**
 * The result of one run. `partial` is answered with 500: a part of the work failed, the rest is done, and all query answers stay correct.
 */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  /** Number of roll-ups that were computed, including those that did not change. */
  readonly buckets: number
  /** Every hour before it has its roll-ups, except those that were invalidated later; null before the first run. In RFC 3339. */
  readonly watermark: string | null
  readonly errors: readonly RunError[]
  /** True when work is left, which the next run does. */
  readonly more: boolean
}

/** An error that concerns a tenant, by its name, or a month, by its first day. */
export interface RunError {
  readonly tenant?: string
  readonly month?: string
  readonly detail: string
}

/**
 * The routes of this slice, which the functions, the local gateway and `npm run routes` (Terraform's table) read. A run has no body; one
 * that is sent is ignored.
 */
export const routes = {
  run: { method: 'POST', path: '/api/v1/monitoring/rollups/run', scope: 'operate', service: true },
} as const satisfies Routes
