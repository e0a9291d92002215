// The time of a query: its waits, its statements and its evaluation end with it.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { UnitOptions } from '@penstock/shared/database/units.ts'
import { QueryError } from '../syntax/query-error.ts'

export interface QueryTime {
  /** Milliseconds that are left, at least 0. */
  readonly leftMs: () => number
  /** Ensures that the time is not over. @throws {QueryError} */
  readonly check: () => void
  /** Returns the options of a unit whose statements the server cancels when the time is over. @throws {QueryError} like `check`. */
  readonly unit: () => UnitOptions
  /** Makes the error of a query that was not answered in time. */
  readonly error: () => QueryError
  /** Like `error`, for a query that did not get its turn. */
  readonly queueError: () => QueryError
}

/** A connection is closed only when the server has not reported a cancelled statement after this time. */
const GRACE_MS = 5_000

/** Begins the time of a query. */
export function openTime(now: Clock, limitMs: number): QueryTime {
  const end = now() + limitMs
  const leftMs = (): number => Math.max(0, end - now())
  const late = (where: string): QueryError =>
    new QueryError('timeout', `query timed out in ${where}: its limit is ${limitMs / 1_000} s`)
  const error = (): QueryError => late('query execution')
  const check = (): void => {
    if (now() >= end) throw error()
  }
  return {
    leftMs,
    check,
    error,
    unit() {
      check()
      return { deadline: end + GRACE_MS, statementMs: leftMs() }
    },
    queueError: () => late('query queue, because an instance evaluates one query of a tenant at a time'),
  }
}
