// The scheduled jobs of a deployed suite: list them, make them match their declaration, run and pause them.

import { recordsText } from '../../cli/records.ts'
import type { Rest } from '../google/rest.ts'
import { findSchedule, type Schedule } from '../schedules.ts'
import {
  type CloudJob,
  differences,
  type JobFields,
  jobPath,
  locationOf,
  presentFields,
  type Target,
  toCloudJob,
  wantedFields,
} from './cloud-job.ts'
import { type Change, planChanges, planText } from './plan.ts'
import type { SchedulerApi } from './scheduler-api.ts'

export interface CloudDeps {
  readonly api: SchedulerApi
  /** Used to find the URLs of functions. */
  readonly rest: Rest
  readonly schedules: Readonly<Record<string, Schedule>>
  readonly show: (line: string) => void
  /** Asks the user whether the shown plan may be carried out. */
  readonly confirm: (question: string) => Promise<boolean>
}

/** Lists every declared job: whether it exists and is as declared, when it runs next, and how its last run ended. */
export async function listJobs({ api, rest, schedules }: CloudDeps, target: Target, json?: boolean): Promise<string> {
  const there = new Map((await api.list(locationOf(target))).map((job) => [job.name, job]))
  const wanted = await declared(rest, schedules, target)
  const jobs = Object.keys(schedules).map((job) => {
    const path = jobPath(target, job)
    const found = there.get(path)
    const fields = wanted.get(path)
    if (!found || !fields)
      return { job, state: 'not there', cron: '', next: '', last_run: '', declaration: 'npm run schedule -- sync' }
    const differing = differences(presentFields(found), fields)
    const declaration = differing.length === 0 ? 'as declared' : `differs: ${differing.join('; ')}`
    const { schedule: cron = '', scheduleTime } = found
    return {
      job,
      state: stateOf(found),
      cron: cron ?? '',
      next: at(scheduleTime),
      last_run: lastRun(found),
      declaration,
    }
  })
  const head = ['job', 'state', 'cron', 'next (UTC)', 'last run', 'declaration']
  return recordsText(jobs, { json, head, row: Object.values })
}

/**
 * Makes the jobs match their declaration: shows the plan, asks, then changes. Safe to repeat. Returns false when the user declined.
 * @throws {Error} naming a function that is not deployed, before anything is changed.
 */
export async function syncJobs(deps: CloudDeps, target: Target): Promise<boolean> {
  const wanted = await declared(deps.rest, deps.schedules, target)
  const changes = planChanges(wanted, await deps.api.list(locationOf(target)))
  deps.show(planText(changes))
  if (changes.length === 0) return true
  if (!(await deps.confirm('apply this plan?'))) return false
  for (const change of changes) {
    await apply(deps.api, target, change)
    deps.show(`done: ${change.action} ${change.name.split('/').at(-1)}`)
  }
  return true
}

/** Starts a job now; its result is in the function's log. @throws {Error} when there is no such job. */
export async function runJob({ api, show }: CloudDeps, target: Target, job: string): Promise<void> {
  findSchedule(job)
  await api.run(jobPath(target, job))
  show(`started: ${target.prefix}-${job}`)
}

/** Pauses a job until it is resumed, after asking. Safe to repeat. Returns false when the user declined. */
export async function pauseJob(
  deps: CloudDeps,
  target: Target,
  job: string,
  action: 'pause' | 'resume',
): Promise<boolean> {
  findSchedule(job)
  const path = jobPath(target, job)
  const found = (await deps.api.list(locationOf(target))).find(({ name }) => name === path)
  if (!found) throw new Error(`${target.prefix}-${job} does not exist: npm run schedule -- sync`)
  const wanted = action === 'pause' ? 'PAUSED' : 'ENABLED'
  if (stateOf(found) === wanted) {
    deps.show(`nothing to do: ${target.prefix}-${job} is ${wanted} already`)
    return true
  }
  deps.show(`${action} ${target.prefix}-${job}`)
  if (!(await deps.confirm('do it?'))) return false
  await deps.api[action](path)
  deps.show(`done: ${action} ${target.prefix}-${job}`)
  return true
}

async function declared(
  rest: Rest,
  schedules: Readonly<Record<string, Schedule>>,
  target: Target,
): Promise<Map<string, JobFields>> {
  const wanted = new Map<string, JobFields>()
  for (const [job, schedule] of Object.entries(schedules)) {
    const url = await functionUrl(rest, target, schedule.function)
    wanted.set(jobPath(target, job), wantedFields(target, schedule, url))
  }
  return wanted
}

/** https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/get */
async function functionUrl(rest: Rest, target: Target, name: string): Promise<string> {
  const path = `/v2/${locationOf(target)}/functions/${target.prefix}-${name}`
  const found = await rest.get<{ serviceConfig?: { uri?: string } }>('cloudfunctions', path)
  const uri = found?.serviceConfig?.uri
  if (uri === undefined)
    throw new Error(`the function ${target.prefix}-${name} is not deployed in ${target.project}, ${target.region}`)
  return uri.replace(/\/$/, '')
}

async function apply(api: SchedulerApi, target: Target, { action, name, fields }: Change): Promise<void> {
  if (fields === undefined) await api.remove(name)
  else if (action === 'create') await api.create(locationOf(target), toCloudJob(name, fields))
  else await api.update(toCloudJob(name, fields))
}

const STATES = ['STATE_UNSPECIFIED', 'ENABLED', 'PAUSED', 'DISABLED', 'UPDATE_FAILED']

const stateOf = ({ state }: CloudJob): string =>
  typeof state === 'number' ? (STATES[state] ?? '') : String(state ?? '')

const at = (time: CloudJob['scheduleTime']): string =>
  time ? new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ') : ''

/** `status` is that of the last attempt; no code means success. */
function lastRun({ lastAttemptTime, status }: CloudJob): string {
  if (!lastAttemptTime) return 'never'
  const code = status?.code ?? 0
  return `${at(lastAttemptTime)} ${code === 0 ? 'ok' : `failed (${code}${status?.message ? `, ${status.message}` : ''})`}`
}
