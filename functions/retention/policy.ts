// The input and the result of a policy.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { Clock, Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { agingTables } from '@penstock/shared/schema/aging.ts'

/** The settings of tables whose rows are deleted by their age alone. */
export type AgingSetting = NonNullable<(typeof agingTables)[number]['setting']>

export interface PolicyDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  readonly store: ArchiveStore
  /** The age in days at which data is due. */
  readonly days: {
    readonly hot: number
    readonly cold: number
    readonly feedback: number
    readonly backfill: number
    readonly audit: number
    readonly rollups: number
    /** Maximum age by the setting of each table. An absent setting has the table's default. */
    readonly aged: Readonly<Partial<Record<AgingSetting, number>>>
  }
  readonly limits: {
    /** Rows of one transaction. */
    readonly batchRows: number
    /** Rows of one object, which is in memory as a whole. */
    readonly objectRows: number
    /** Archived rows that are deleted in one transaction, which holds locks that others wait for. */
    readonly deleteRows: number
  }
}

export interface PolicyCall {
  /** Data that is older than this instant is due. */
  readonly cutoff: Micros
  /** True to only count. */
  readonly dryRun: boolean
  /** Instant of the clock after which nothing new is begun. */
  readonly deadline: number
  /** Renews the run; call it between steps. @throws {Problem} 503 when the run was lost: nothing more may be done. */
  readonly renew: () => Promise<void>
}

/** The work that a policy did, or would do. `more` is true when the deadline left work. */
export interface PolicyResult {
  readonly archived?: number
  readonly deleted?: number
  readonly uris?: readonly string[]
  readonly more: boolean
  /** The reason why a part of the policy failed; the counted work was done nevertheless. */
  readonly error?: string
}

/** A policy. It is bounded by the deadline, and safe to repeat and to interrupt anywhere. */
export type Policy = (call: PolicyCall) => Promise<PolicyResult>

/** Joins the reasons why parts of a policy failed, into nothing when there are none. */
export function errorOf(...reasons: readonly (string | undefined)[]): { readonly error?: string } {
  const given = reasons.filter((reason) => reason !== undefined)
  return given.length === 0 ? {} : { error: given.join('; ') }
}

/** Returns true when the deadline of a call has passed and nothing new may be begun. */
export const isOver = ({ now, deadline }: { readonly now: Clock; readonly deadline: number }): boolean =>
  now() >= deadline
