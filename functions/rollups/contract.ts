// What one run did
import type { Routes } from '@penstock/shared/base/wire.ts'

/** What one run did. `partial` is answered with 500: some of it failed, the rest is done, and no answer is wrong for it. */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  /** Roll-ups that were computed, those among them that turned out as they had been. */
  readonly buckets: number
  /** Every hour before it has its roll-ups, but for those that were invalidated since; null before the first run. RFC 3339. */
  readonly watermark: string | null
  readonly errors: readonly RunError[]
  /** Work is left: the next run goes on with it. */
  readonly more: boolean
}

/** About a tenant, by its name, or about a month, by its first day. */
export interface RunError {
  readonly tenant?: string
  readonly month?: string
  readonly detail: string
}

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. A run takes no body, and ignores one that is sent. */
export const routes = {
  run: { method: 'POST', path: '/api/v1/monitoring/rollups/run', scope: 'operate', service: true },
} as const satisfies Routes
