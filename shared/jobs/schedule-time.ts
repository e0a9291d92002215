// A call of a scheduled job: which scheduled time it is for, and how long it can wait
import { requestContext } from '../base/logger.ts'
import { type Clock, formatTimestamp, monthStart, parseTimestamp } from '../base/time.ts'
import type { Call } from '../http/service.ts'

export interface CallOfJob {
  /** RFC 3339; undefined for a call by hand. */
  readonly scheduleTime: string | undefined
  /** How long the call may wait for a run that is under way. */
  readonly waitMs: number
}

/** What a request asks of its job. It waits `waitMs` for another run, and less where its own deadline is nearer. */
export function callOfJob(
  { headers }: Pick<Call, 'headers'>,
  { now, waitMs }: { readonly now: Clock; readonly waitMs: number },
): CallOfJob {
  const remainingMs = (requestContext.getStore()?.deadline ?? Number.POSITIVE_INFINITY) - now()
  return { scheduleTime: scheduleTimeOf(headers), waitMs: Math.min(waitMs, remainingMs - MARGIN_MS) }
}

/** What a call needs of its own time to answer that another run outlasted it. */
const MARGIN_MS = 1_000

/**
 * The schedule time that Cloud Scheduler sends, the same for every attempt of one call; undefined for a call by hand.
 * The headers prove nothing by themselves: ask only for a caller who may run the job. A time that cannot be read, or
 * lies outside 1970 to 2199, is no time: the job then runs, which is safe, where refusing it would stop the job for
 * good.
 * @see https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget
 */
export function scheduleTimeOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  if (headers['x-cloudscheduler-jobname'] === undefined) return undefined
  const us = parseTimestamp(String(headers['x-cloudscheduler-scheduletime']))
  return us === undefined || us < EARLIEST || us >= LATEST ? undefined : formatTimestamp(us)
}

/** Years that PostgreSQL can hold in the form that they are written in, and then some. */
const EARLIEST = 0
const LATEST = monthStart('2200-01-01')
