// The scheduled jobs of the suite that runs in this checkout.
import { Cron } from 'croner'
import { recordsText } from '../../cli/records.ts'
import { send } from '../../cli/send.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { findSchedule, schedules } from '../../deploy/schedules.ts'

/** The declared jobs and when they are due next. */
export function listLocalJobs(json: boolean | undefined): string {
  const jobs = Object.entries(schedules).map(([job, { cron, time_zone, method, path }]) => ({
    job,
    cron,
    next:
      new Cron(cron, { timezone: time_zone, paused: true }).nextRun()?.toISOString().slice(0, 19).replace('T', ' ') ??
      'never',
    call: `${method} ${path}`,
  }))
  return recordsText(jobs, { json, head: ['job', 'cron (UTC)', 'next', 'call'], row: Object.values })
}

/**
 * Runs a job manually, as the operator. It has no schedule time, so it does not replace a scheduled run. Returns the answer.
 * @throws {Error} when no suite runs, or no answer comes within the job's deadline.
 */
export async function runLocalJob(
  job: string,
): Promise<{ readonly ok: boolean; readonly status: number; readonly body: string }> {
  const { method, path, body, attempt_deadline_s } = findSchedule(job)
  const suite = readLocalSuite()
  if (!suite) throw new Error('no suite is running in this checkout. Start it: npm start')
  const answer = await send(suite.base_url + path, {
    method,
    headers: { authorization: `Bearer ${suite.operator_key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs: attempt_deadline_s * 1000,
  })
  return { ...answer, ok: answer.status >= 200 && answer.status < 300 }
}
