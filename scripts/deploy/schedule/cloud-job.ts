// Converts a job between Cloud Scheduler's form, the declaration in schedules.json, and the same flat fields, so that they can be
// compared.
import type { protos } from '@google-cloud/scheduler'
import type { Schedule } from '../schedules.ts'

/** A job in Cloud Scheduler: https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job */
export type CloudJob = protos.google.cloud.scheduler.v1.IJob

/** The location of a deployed suite. */
export interface Target {
  readonly project: string
  readonly region: string
  /** Prefix of all names that Terraform gives, such as `penstock`. */
  readonly prefix: string
}

/** The fields that decide when and how a job calls. Durations are in seconds. */
export type JobFields = Readonly<Record<(typeof FIELDS)[number], string>>

const FIELDS = [
  'cron',
  'time zone',
  'method',
  'URL',
  'content type',
  'body',
  'account',
  'audience',
  'deadline',
  'retries',
  'shortest pause',
  'longest pause',
  'doublings',
] as const
/** Marks the jobs that `sync` made: it removes no other job. */
export const DESCRIPTION = 'Penstock, by npm run schedule'

export const locationOf = ({ project, region }: Target): string => `projects/${project}/locations/${region}`
export const jobPath = (target: Target, job: string): string => `${locationOf(target)}/jobs/${target.prefix}-${job}`

/** Returns the fields that a declared job must have; `url` is its function's. */
export function wantedFields({ project, prefix }: Target, schedule: Schedule, url: string): JobFields {
  return {
    cron: schedule.cron,
    'time zone': schedule.time_zone,
    method: schedule.method,
    URL: url + schedule.path,
    'content type': 'application/json',
    body: JSON.stringify(schedule.body),
    account: `${prefix}-scheduler@${project}.iam.gserviceaccount.com`,
    audience: `penstock/${project}/${schedule.function}`,
    deadline: String(schedule.attempt_deadline_s),
    retries: String(schedule.retry.count),
    'shortest pause': String(schedule.retry.min_backoff_s),
    'longest pause': String(schedule.retry.max_backoff_s),
    doublings: String(schedule.retry.max_doublings),
  }
}

/** Returns the fields that a job has. */
export function presentFields(job: CloudJob): JobFields {
  const { httpTarget: target, retryConfig: retry } = job
  return {
    cron: job.schedule ?? '',
    'time zone': job.timeZone ?? '',
    method: methodOf(target?.httpMethod),
    URL: target?.uri ?? '',
    // Set explicitly: Cloud Scheduler adds headers of its own and would otherwise choose this one.
    'content type': header(target?.headers ?? {}, 'content-type'),
    body: textOf(target?.body),
    account: target?.oidcToken?.serviceAccountEmail ?? '',
    audience: target?.oidcToken?.audience ?? '',
    deadline: String(Number(job.attemptDeadline?.seconds ?? 0)),
    retries: String(retry?.retryCount ?? 0),
    'shortest pause': String(Number(retry?.minBackoffDuration?.seconds ?? 0)),
    'longest pause': String(Number(retry?.maxBackoffDuration?.seconds ?? 0)),
    doublings: String(retry?.maxDoublings ?? 0),
  }
}

/** Returns the job in the form that is sent. */
export function toCloudJob(name: string, fields: JobFields): CloudJob {
  const seconds = (text: string) => ({ seconds: Number(text) })
  return {
    name,
    description: DESCRIPTION,
    schedule: fields.cron,
    timeZone: fields['time zone'],
    attemptDeadline: seconds(fields.deadline),
    retryConfig: {
      retryCount: Number(fields.retries),
      minBackoffDuration: seconds(fields['shortest pause']),
      maxBackoffDuration: seconds(fields['longest pause']),
      maxDoublings: Number(fields.doublings),
    },
    httpTarget: {
      uri: fields.URL,
      httpMethod: fields.method as 'POST',
      headers: { 'Content-Type': fields['content type'] },
      body: Buffer.from(fields.body),
      oidcToken: { serviceAccountEmail: fields.account, audience: fields.audience },
    },
  }
}

/** Returns `retries 3 → 5` for each field that differs. */
export function differences(present: JobFields, wanted: JobFields): string[] {
  return FIELDS.filter((field) => present[field] !== wanted[field]).map(
    (field) => `${field} ${present[field] || '(none)'} → ${wanted[field]}`,
  )
}

const METHODS = ['', 'POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

/** The client returns enums as names or as numbers. */
const methodOf = (method: number | string | null | undefined): string =>
  typeof method === 'number' ? (METHODS[method] ?? '') : (method ?? '')

const header = (headers: Readonly<Record<string, string>>, name: string): string =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''

const textOf = (body: Uint8Array | string | null | undefined): string =>
  typeof body === 'string' ? Buffer.from(body, 'base64').toString() : Buffer.from(body ?? []).toString()
