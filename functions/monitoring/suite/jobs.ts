// The scheduled jobs, and whether they run as often as they should.
import { fromPostgres, type Micros, SECOND, toWire } from '@penstock/shared/base/time.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import type { Job } from '../contract.ts'
import type { JobRow } from './job-queries.ts'

export const jobNames: readonly string[] = Object.keys(budget.jobs)

/** A job is late when its last success is older than this many periods. */
const LATE_PERIODS = 2

/**
 * Describes each job. One that has never succeeded is late when monitoring has run for two of its periods; `watchedSince` is the oldest
 * sample.
 */
export function jobsOf(rows: readonly JobRow[], watchedSince: string | undefined, now: Micros): readonly Job[] {
  const watched_s = watchedSince === undefined ? 0 : (now - fromPostgres(watchedSince)) / SECOND
  return rows.map(({ job, last_success_at, outcome, age_s }) => {
    const period_s = budget.jobs[job] ?? 0
    const late_s = LATE_PERIODS * period_s
    return {
      job,
      period_s,
      last_success_at: last_success_at === null ? null : toWire(last_success_at),
      age_s: last_success_at === null || age_s === null ? null : Math.max(0, age_s),
      outcome,
      late: (age_s ?? watched_s) > late_s,
    }
  })
}
