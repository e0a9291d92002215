// functions/partitions/schedule-time.ts: which scheduled call this is
import { formatTimestamp, monthStart, parseTimestamp } from '@penstock/shared/time.ts'

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
