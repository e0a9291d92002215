// The call of a scheduled job: its schedule time, and how long it can wait.
import { requestContext } from '../base/logger.ts'
import { type Clock, formatTimestamp, monthStart, parseTimestamp } from '../base/time.ts'
import type { Call } from '../http/service.ts'

export interface CallOfJob {
  /** In RFC 3339; undefined for a manual call. */
  readonly scheduleTime: string | undefined
  /** Maximum milliseconds that the call may wait for a run in progress. */
  readonly waitMs: number
}

/** Reads a job's call from a request. It waits `waitMs` for another run, or less when its own deadline is nearer. */
export function callOfJob(
  { headers }: Pick<Call, 'headers'>,
  { now, waitMs }: { readonly now: Clock; readonly waitMs: number },
): CallOfJob {
  const remainingMs = (requestContext.getStore()?.deadline ?? Number.POSITIVE_INFINITY) - now()
  return { scheduleTime: scheduleTimeOf(headers), waitMs: Math.min(waitMs, remainingMs - MARGIN_MS) }
}

/** Time that a call reserves to answer that another run outlasted it. */
const MARGIN_MS = 1_000

/**
 * Returns the schedule time that Cloud Scheduler sends, the same for every attempt of one call; undefined for a manual call. The header
 * proves nothing: use it only for a caller that may run the job. An invalid time, or one outside 1970 to 2199, is ignored: running the job
 * again is safe, and refusing it would stop the job for good.
 * @see https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget
 */
export function scheduleTimeOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  if (headers['x-cloudscheduler-jobname'] === undefined) return undefined
  const us = parseTimestamp(String(headers['x-cloudscheduler-scheduletime']))
  return us === undefined || us < EARLIEST || us >= LATEST ? undefined : formatTimestamp(us)
}

/** Years that PostgreSQL can hold in this text form, with a wide margin. */
const EARLIEST = 0
const LATEST = monthStart('2200-01-01')
