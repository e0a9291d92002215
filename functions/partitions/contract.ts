// Requests and answers of the partitions job.
import type { Routes } from '@penstock/shared/base/wire.ts'

/** The place of a month's points, by its state. */
export type State = 'live' | 'sealed' | 'written' | 'verified' | 'cold' | 'detached' | 'dropped' | 'expired'

/** A deviation that the audit found. `code` is constant; `detail` is for a person. */
export interface Finding {
  readonly code: FindingCode
  /** The partition; the partitioned table for something that is missing; or the login that the finding is about. */
  readonly table: string
  readonly detail: string
}

export type FindingCode =
  | 'month_missing'
  | 'partition_missing'
  | 'state_mismatch'
  | 'wrong_bounds'
  | 'default_partition'
  | 'detach_pending'
  | 'unattached'
  | 'row_security'
  | 'stray_grant'
  | 'index_missing'
  | 'index_invalid'
  | 'role_changed'

/** The result of one run. `partial` is answered with 500: some months failed, and the others are done. */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  /** Months that went live, as their first days. */
  readonly made: readonly string[]
  /** Number of deferred points that were moved, including those that a later one with the same key replaced. */
  readonly replayed: number
  readonly errors: readonly MonthError[]
  readonly findings: readonly Finding[]
  /** True when work is left, which the next run does. */
  readonly more: boolean
}

export interface MonthError {
  readonly month: string
  readonly detail: string
}

export interface PartitionsAnswer {
  readonly partitions: readonly {
    /** The partitioned table. */
    readonly table: string
    readonly month: string | null
    readonly state: State | null
    /** An estimate from the catalogue; null until the partition was analysed. */
    readonly rows: number | null
  }[]
  /** Number of points that wait for their month, counted up to 10,000 each. */
  readonly deferred: readonly { readonly month: string; readonly points: number }[]
  readonly last_run: LastRun | null
  readonly findings: readonly Finding[]
}

/** Times are RFC 3339 in UTC with microseconds. */
export interface LastRun {
  readonly started_at: string
  /** Null while the run is in progress. */
  readonly finished_at: string | null
  readonly outcome: 'success' | 'partial' | 'failed' | null
}

/**
 * The routes of this slice, which the functions, the local gateway and `npm run routes` (Terraform's table) read. A run has no body; one
 * that is sent is ignored.
 */
export const routes = {
  run: { method: 'POST', path: '/api/v1/monitoring/partitions/run', scope: 'operate', service: true },
  list: { method: 'GET', path: '/api/v1/monitoring/partitions', scope: 'operate' },
} as const satisfies Routes
