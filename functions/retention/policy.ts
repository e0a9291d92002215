// What a policy is given, and what it makes of it
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { Clock, Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'

export interface PolicyDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  readonly store: ArchiveStore
  /** After which age things are due. */
  readonly days: {
    readonly hot: number
    readonly cold: number
    readonly feedback: number
    readonly backfill: number
    readonly rollups: number
    readonly deadLetters: number
    readonly jobRuns: number
  }
  readonly limits: {
    /** Rows of one transaction. */
    readonly batchRows: number
    /** Rows of one object, which is in memory as a whole. */
    readonly objectRows: number
    /** Archived rows that are deleted in one transaction: others wait for its locks. */
    readonly deleteRows: number
  }
}

export interface PolicyCall {
  /** What is older is due. */
  readonly cutoff: Micros
  /** Only count. */
  readonly dryRun: boolean
  /** By the clock: nothing new begins after it. */
  readonly deadline: number
  /** Keeps the run; to be called between steps. @throws {Problem} 503 when the run was lost: nothing more may be done. */
  readonly renew: () => Promise<void>
}

/** What a policy did, or would do. `more`: work is left that its time did not reach. */
export interface PolicyResult {
  readonly archived?: number
  readonly deleted?: number
  readonly uris?: readonly string[]
  readonly more: boolean
  /** Why a part of it failed; what is counted was done all the same. */
  readonly error?: string
}

/** Bounded by the deadline, and safe to repeat and to interrupt anywhere. */
export type Policy = (call: PolicyCall) => Promise<PolicyResult>

/** Whether the time of a call is over: nothing new may be begun. */
export const isOver = ({ now, deadline }: { readonly now: Clock; readonly deadline: number }): boolean =>
  now() >= deadline
