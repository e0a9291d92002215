// The retry policy of every access to the database: which failures are retried, and which error a caller gets in the end.

import { logger } from '../base/logger.ts'
import { busy, overQuota, Problem } from '../base/problem.ts'
import { retry } from '../base/retry.ts'
import type { Clock } from '../base/time.ts'
import { backoffMs, codeOf, isDatabaseTrouble, isTransient, QUOTA_EXCEEDED } from './database-errors.ts'

export interface Patience {
  readonly now: Clock
  /** The time after which no attempt begins, in milliseconds since 1970. */
  readonly deadline: number
  /** Decides whether the whole attempt may succeed when it is run again. The default is `isTransient`. */
  readonly mayPass?: (error: unknown) => boolean
}

const MAX_ATTEMPTS = 6

/**
 * Runs an attempt until it succeeds, at most six times, with back-off in between. Each attempt starts from its beginning, on a connection
 * that the server called idle. A lasting error and a `Problem` are thrown at once; the last transient one is thrown in the end.
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
 * Turns a failure of the database into a 503 with `Retry-After`, and a quota that the database enforces into a 429. Any other error is
 * returned unchanged.
 */
export function toRefusal(error: unknown): unknown {
  if (codeOf(error) === QUOTA_EXCEEDED) return overQuota((error as Error).message)
  return isDatabaseTrouble(error) ? busy('The database is temporarily unavailable.', error) : error
}
