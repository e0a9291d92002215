// The policy of every way to the database: what is tried again, and what a caller is told when that did not help.

import { logger } from '../base/logger.ts'
import { busy, overQuota, Problem } from '../base/problem.ts'
import { retry } from '../base/retry.ts'
import type { Clock } from '../base/time.ts'
import { backoffMs, codeOf, isDatabaseTrouble, isTransient, QUOTA_EXCEEDED } from './database-errors.ts'

export interface Patience {
  readonly now: Clock
  /** No attempt begins after it; milliseconds since 1970. */
  readonly deadline: number
  /** Whether the whole attempt may succeed when it is run again. Default: `isTransient`. */
  readonly mayPass?: (error: unknown) => boolean
}

const MAX_ATTEMPTS = 6

/**
 * Runs an attempt until it succeeds, at most six times and with back-off between. Each attempt begins anew, on a connection that the
 * server called idle. Throws the last error when it does not pass, and a `Problem` at once.
 */
export async function repeatedly<T>(
  { now, deadline, mayPass = isTransient }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  return await retry((error, number) => {
    const pauseMs = backoffMs(number, Math.random)
    if (error instanceof Problem || !mayPass(error) || number >= MAX_ATTEMPTS || now() + pauseMs >= deadline)
      return undefined
    logger.warn({ code: codeOf(error), attempt: number }, 'database.retry')
    return pauseMs
  }, attempt)
}

/**
 * Turns trouble of the database into 503 with `Retry-After`, and a quota that the database keeps into 429; any other error is returned
 * as it is.
 */
export function toRefusal(error: unknown): unknown {
  if (codeOf(error) === QUOTA_EXCEEDED) return overQuota((error as Error).message)
  return isDatabaseTrouble(error) ? busy('The database is temporarily unavailable.', error) : error
}
