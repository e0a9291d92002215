// A local stand-in for Cloud Scheduler: it runs the declared jobs by the clock while the suite runs.
// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
import { Cron } from 'croner'
import type { Answered, Outgoing } from '../cli/send.ts'
import { backoffMs, type Schedule } from '../deploy/schedules.ts'

export interface SchedulerDeps {
  readonly clock: () => number
  readonly schedules: Readonly<Record<string, Schedule>>
  /** Returns the base URL of a function. */
  readonly urlOf: (functionName: string) => string
  /** Returns an ID token of the scheduler's account for a function. */
  readonly tokenFor: (functionName: string) => string
  readonly send: (url: string, outgoing: Outgoing) => Promise<Answered>
  /** Rejects when it is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly show: (line: string) => void
}

export interface Scheduler {
  /** Makes one attempt of a job, now. @throws {Error} that says what failed: no answer, or an answer that is not 2xx. */
  runOnce(name: string): Promise<Answered>
  /** Aborts runs in progress; no job begins after it. Safe to repeat. */
  stop(): void
}

/** Starts the clock. A job never runs twice at a time: a run that is due during another begins when that one has ended. */
export function startScheduler(deps: SchedulerDeps): Scheduler {
  const stopped = new AbortController()
  const crons = Object.entries(deps.schedules).map(([name, schedule]) => {
    const run = oneAtATime((time) => runWithRetries(deps, name, schedule, time, stopped.signal))
    return new Cron(schedule.cron, { timezone: schedule.time_zone, unref: true }, () => run(toMinute(deps.clock())))
  })
  return {
    async runOnce(name) {
      const schedule = deps.schedules[name]
      if (!schedule) throw new Error(`there is no job ${name}`)
      return await attempt(deps, name, schedule, new Date(deps.clock()), stopped.signal)
    },
    stop() {
      stopped.abort()
      for (const cron of crons) cron.stop()
    },
  }
}

/** Returns the time when the job was due: cron has whole minutes. */
const toMinute = (ms: number): Date => new Date(Math.floor(ms / 60_000) * 60_000)

/** When several times come during a run, only the last one is remembered, and run after it. */
export function oneAtATime(work: (time: Date) => Promise<void>): (time: Date) => Promise<void> {
  let running = false
  let due: Date | undefined
  return async (time) => {
    due = time
    if (running) return
    running = true
    while (due) {
      const next: Date = due
      due = undefined
      await work(next)
    }
    running = false
  }
}

/** Runs a job with its declared retries, every attempt with the same schedule time. Never rejects; a failure is shown. */
async function runWithRetries(
  deps: SchedulerDeps,
  name: string,
  schedule: Schedule,
  time: Date,
  signal: AbortSignal,
): Promise<void> {
  for (let retry = 0; ; retry++) {
    try {
      if (retry > 0) await deps.wait(backoffMs(schedule.retry, retry), signal)
      await attempt(deps, name, schedule, time, signal)
      return
    } catch (error) {
      if (signal.aborted) return
      deps.show(`job ${name} failed: ${(error as Error).message}`)
      if (retry >= schedule.retry.count) return
    }
  }
}

async function attempt(
  deps: SchedulerDeps,
  name: string,
  schedule: Schedule,
  time: Date,
  signal: AbortSignal,
): Promise<Answered> {
  const answer = await deps.send(deps.urlOf(schedule.function) + schedule.path, {
    method: schedule.method,
    headers: {
      authorization: `Bearer ${deps.tokenFor(schedule.function)}`,
      'content-type': 'application/json',
      'user-agent': 'Google-Cloud-Scheduler',
      'x-cloudscheduler': 'true',
      'x-cloudscheduler-jobname': name,
      'x-cloudscheduler-scheduletime': time.toISOString().replace(/\.000Z$/, 'Z'),
    },
    body: JSON.stringify(schedule.body),
    timeoutMs: schedule.attempt_deadline_s * 1000,
    signal,
  })
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`status ${answer.status} ${answer.body.slice(0, 300)}`.trim())
  return answer
}
