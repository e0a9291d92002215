// The dependencies and the results of a month's steps.

import { faultOf } from '@penstock/shared/archive/archive-fault.ts'
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import type { AsOwner } from '@penstock/shared/database/owner-connection.ts'
import { type MonthTable, monthTable, POINTS } from '@penstock/shared/months/month-table.ts'
import type { WriteLockDeps } from '@penstock/shared/months/write-lock.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { MonthPointsDeps } from './month-points.ts'
import { type MonthFound, selectHidden } from './month-state-queries.ts'

export interface MonthDeps extends WriteLockDeps, MonthPointsDeps {
  readonly asOwner: AsOwner
  readonly store: ArchiveStore
  /** No object and no step is begun after this; milliseconds since 1970. */
  readonly deadline: number
  readonly limits: WriteLockDeps['limits'] &
    MonthPointsDeps['limits'] & {
      /** Invalid hours whose roll-ups are computed in one transaction. */
      readonly batchHours: number
      /** Deferred points that one transaction moves, and about how many of them may be left for the last one. */
      readonly batchPoints: number
      readonly lastPoints: number
      /** Bytes of an object that are read at a time. */
      readonly blockBytes: number
      /** Maximum milliseconds that one attempt of a detach or a drop waits for readers. */
      readonly readerWaitMs: number
    }
}

/**
 * `moved`: the month advanced by one state. `more`: the time limit is reached, and the next run continues. `waits`: not possible yet, for
 * this reason.
 */
export type Progress =
  | { readonly kind: 'moved' }
  | { readonly kind: 'more' }
  | { readonly kind: 'waits'; readonly why: string }

/** Brings a month that was found in a state to the next state. Safe to repeat and to interrupt anywhere. */
export type Step = (deps: MonthDeps, found: MonthFound) => Promise<Progress>

export const MOVED: Progress = { kind: 'moved' }
export const waits = (why: string): Progress => ({ kind: 'waits', why })

export const tableOf = ({ month }: MonthFound): MonthTable => monthTable(POINTS, month)

/** Renews the run during one long statement. @throws the error of `work`, or of `renew` when the run was lost. */
export async function whileRenewing<T>(
  { renew, pause }: Pick<MonthDeps, 'renew' | 'pause'>,
  work: Promise<T>,
): Promise<T> {
  let isDone = false
  const settled = work.then(
    () => void (isDone = true),
    () => void (isDone = true),
  )
  for (let ticks = 1; !isDone; ticks++) {
    await Promise.race([settled, pause(TICK_MS)])
    if (!isDone && ticks % TICKS_OF_A_RENEWAL === 0) await renew()
  }
  return await work
}

const TICK_MS = 500
const TICKS_OF_A_RENEWAL = 30

/** Describes a month's failure to an operator: the cause, with the tenant and the object. The error itself is in the log. */
export function failureOf(month: string, error: unknown): string {
  const { detail, tenant, object } = faultOf(error)
  logger.error({ err: error, month, tenant, object }, 'retention.month_failed')
  return `${month}: ${detail}`
}

/** Tables that this role must see completely: the archive treats a missing row as proof. */
const COUNTED = [
  'metric_point',
  'metric_series',
  'tenant',
  'deferred_point',
  'rollup_invalidation',
  'archive',
  'archive_hold',
]

/**
 * Checks that this role sees every row of these tables. @throws {Error} when it does not: a partial archive would look complete, and the
 * remaining rows would be dropped.
 */
export async function assertSeesAll(tx: Transaction<Database>): Promise<void> {
  const hidden = await selectHidden(tx, COUNTED)
  if (hidden.length > 0)
    throw new Error(`row security hides rows of ${hidden.join(', ')} from this role: run npm run migrate`)
}
