// The scheduled jobs. schedules.json declares each one once, for the local scheduler and for Terraform.
import file from './schedules.json' with { type: 'json' }

export interface Schedule {
  readonly function: string
  readonly method: string
  readonly path: string
  /** Five fields, in unix-cron format. */
  readonly cron: string
  readonly time_zone: string
  /** Sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>
  /** Maximum seconds of one attempt; Cloud Scheduler allows up to 1800. */
  readonly attempt_deadline_s: number
  readonly retry: Retry
}

/** The retry settings of https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#RetryConfig */
export interface Retry {
  /** Attempts after the first; Cloud Scheduler allows up to 5. */
  readonly count: number
  readonly min_backoff_s: number
  readonly max_backoff_s: number
  readonly max_doublings: number
}

export const schedules: Readonly<Record<string, Schedule>> = file

/** Names that jobs had in earlier releases. */
const formerNames: ReadonlyMap<string, string> = new Map([['rollups', 'compaction']])

/** Finds a declared job, by a name of an earlier release too. @throws {Error} that names the existing jobs. */
export function findSchedule(name: string): Schedule {
  const now = formerNames.get(name) ?? name
  const found = Object.hasOwn(schedules, now) ? schedules[now] : undefined
  if (!found) throw new Error(`there is no job ${name}; the jobs are: ${Object.keys(schedules).join(', ')}`)
  return found
}

/**
 * Returns the milliseconds to wait before a retry, counted from 1. The interval doubles `max_doublings` times, then grows by the last
 * step, up to the maximum: 10 s, 300 s and 3 doublings give 10, 20, 40, 80, 160, 240, 300, 300.
 */
export function backoffMs({ min_backoff_s, max_backoff_s, max_doublings }: Retry, retry: number): number {
  const doublings = Math.min(retry - 1, max_doublings)
  const steps = Math.max(0, retry - 1 - max_doublings)
  const seconds = min_backoff_s * 2 ** doublings * (1 + steps)
  return Math.min(seconds, max_backoff_s) * 1000
}
