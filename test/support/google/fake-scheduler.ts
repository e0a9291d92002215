// Cloud Scheduler's REST API on loopback, with the checks of its reference.
// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FakeScheduler {
  readonly port: number
  /** Jobs by their full names, as the service would show them. */
  readonly jobs: Map<string, FakeJob>
  /** Calls that changed something, such as `POST projects/…:run`. */
  readonly changes: string[]
  close(): Promise<void>
}

export interface FakeJob {
  [field: string]: unknown
  name: string
  state: string
}

/** The only existing location, and the only accepted token. */
export const LOCATION = 'projects/acme-prod/locations/europe-west1'
export const TOKEN = 'ya29.fake'

/** The service's pages have up to 500 jobs; small pages show whether a client follows them. */
const PAGE = 2
const STATES = ['STATE_UNSPECIFIED', 'ENABLED', 'PAUSED', 'DISABLED', 'UPDATE_FAILED']
const METHODS = ['HTTP_METHOD_UNSPECIFIED', 'POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
const WRITABLE = ['name', 'description', 'schedule', 'timeZone', 'attemptDeadline', 'retryConfig', 'httpTarget']
const NAME = new RegExp(`^${LOCATION}/jobs/[A-Za-z0-9_-]{1,500}$`)

class Refusal extends Error {
  readonly code: number
  readonly status: string

  constructor(code: number, status: string, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

const invalid = (message: string): Refusal => new Refusal(400, 'INVALID_ARGUMENT', message)
const missing = (): Refusal => new Refusal(404, 'NOT_FOUND', 'Job not found.')

export async function startFakeScheduler(): Promise<FakeScheduler> {
  const jobs = new Map<string, FakeJob>()
  const changes: string[] = []
  const server = createServer((request, response) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body))
    }
    answer(jobs, changes, request).then(
      (body) => send(200, body),
      (error: unknown) => {
        const { code, status, message } = error instanceof Refusal ? error : new Refusal(500, 'INTERNAL', String(error))
        send(code, { error: { code, status, message } })
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    jobs,
    changes,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(jobs: Map<string, FakeJob>, changes: string[], request: IncomingMessage): Promise<unknown> {
  if (request.headers.authorization !== `Bearer ${TOKEN}`)
    throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake')
  const body = await text(request)
  const path = decodeURIComponent(pathname).replace('/v1/', '')
  const [, name = '', verb] = /^(.*?)(?::(\w+))?$/.exec(path) ?? []
  // The client asks for enums as numbers: `$alt=json;enum-encoding=int`.
  const shown = (job: FakeJob): unknown => (searchParams.get('$alt')?.includes('int') ? numbered(job) : job)

  if (request.method === 'GET' && name === `${LOCATION}/jobs`) return page([...jobs.values()], searchParams, shown)
  if (request.method === 'POST' && name === `${LOCATION}/jobs` && verb === undefined) {
    const job = checked(parse(body), undefined)
    if (jobs.has(job.name)) throw new Refusal(409, 'ALREADY_EXISTS', `Job ${job.name} already exists.`)
    jobs.set(job.name, job)
    changes.push(`create ${job.name}`)
    return shown(job)
  }
  if (!NAME.test(name)) throw new Refusal(403, 'PERMISSION_DENIED', 'The principal lacks IAM permission.')
  const present = jobs.get(name)
  if (!present) throw missing()
  changes.push(`${verb ?? request.method?.toLowerCase()} ${name}`)
  if (request.method === 'PATCH') return shown(patched(jobs, present, parse(body), searchParams.get('updateMask')))
  if (request.method === 'DELETE') {
    jobs.delete(name)
    return {}
  }
  return shown(told(present, verb))
}

function told(job: FakeJob, verb: string | undefined): FakeJob {
  if (verb === 'run') job['lastAttemptTime'] = '2026-11-20T17:10:00.123456Z'
  // "A job must be in ENABLED to be paused", and in PAUSED to be resumed.
  else if (verb === 'pause' && job.state === 'ENABLED') job.state = 'PAUSED'
  else if (verb === 'resume' && job.state === 'PAUSED') job.state = 'ENABLED'
  else throw new Refusal(400, 'FAILED_PRECONDITION', `A job that is ${job.state} cannot be told to ${verb}.`)
  return job
}

function patched(jobs: Map<string, FakeJob>, present: FakeJob, sent: FakeJob, mask: string | null): FakeJob {
  if (mask === null || mask === '') throw invalid('update_mask is required.')
  const fields = mask.split(',').map((field) => field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
  const unknown = fields.find((field) => !WRITABLE.includes(field))
  if (unknown !== undefined) throw invalid(`Invalid update mask path: ${unknown}`)
  const merged = { ...present, ...Object.fromEntries(fields.map((field) => [field, sent[field]])) }
  const job = checked(Object.fromEntries(WRITABLE.map((field) => [field, merged[field]])) as FakeJob, present.state)
  jobs.set(job.name, job)
  return job
}

function parse(body: string): FakeJob {
  const job = JSON.parse(body) as FakeJob
  const unknown = Object.keys(job).find((field) => !WRITABLE.includes(field))
  if (unknown !== undefined) throw invalid(`Unknown name "${unknown}": Cannot find field.`)
  return job
}

interface Sent {
  schedule?: string
  timeZone?: string
  attemptDeadline?: string
  description?: string
  retryConfig?: { retryCount?: number; minBackoffDuration?: string; maxBackoffDuration?: string; maxDoublings?: number }
  httpTarget?: {
    uri?: string
    httpMethod?: string | number
    headers?: Record<string, string>
    body?: string
    oidcToken?: { serviceAccountEmail?: string; audience?: string }
  }
}

/** Checks each field by the reference; returns the job in its stored form. */
function checked(sent: FakeJob, state: string | undefined): FakeJob {
  const { schedule, timeZone, attemptDeadline, description = '', retryConfig = {}, httpTarget = {} } = sent as Sent
  if (!NAME.test(sent.name)) throw invalid('Job name must be formatted: projects/P/locations/L/jobs/J')
  if (description.length > 500) throw invalid('Description is longer than 500 characters.')
  if (schedule?.split(' ').length !== 5) throw invalid('Schedule or time zone is invalid.')
  if (!Intl.supportedValuesOf('timeZone').includes(timeZone ?? '') && timeZone !== 'Etc/UTC')
    throw invalid('Schedule or time zone is invalid.')
  const deadline = seconds(attemptDeadline)
  if (deadline < 15 || deadline > 1800) throw invalid('attempt_deadline must be between [15s, 30m].')
  const { retryCount = 0 } = retryConfig
  if (retryCount < 0 || retryCount > 5) throw invalid('retry_count must be between 0 and 5.')
  if (seconds(retryConfig.minBackoffDuration) > seconds(retryConfig.maxBackoffDuration))
    throw invalid('min_backoff_duration must not be above max_backoff_duration.')
  if (!/^https?:\/\/[^/]+/.test(httpTarget.uri ?? '')) throw invalid('HttpTarget.uri must be a valid URL.')
  const method = typeof httpTarget.httpMethod === 'number' ? METHODS[httpTarget.httpMethod] : httpTarget.httpMethod
  if (method === undefined || !METHODS.includes(method)) throw invalid('Invalid value at httpTarget.httpMethod.')
  if (httpTarget.body !== undefined && !['POST', 'PUT', 'PATCH'].includes(method))
    throw invalid('HttpTarget.body is only allowed for POST, PUT and PATCH.')
  if (
    httpTarget.oidcToken &&
    !/@[a-z0-9.-]+\.gserviceaccount\.com$/.test(httpTarget.oidcToken.serviceAccountEmail ?? '')
  )
    throw invalid('OidcToken.service_account_email is invalid.')
  const headers = { 'User-Agent': 'Google-Cloud-Scheduler', ...httpTarget.headers }
  return {
    ...sent,
    httpTarget: { ...httpTarget, httpMethod: method, headers },
    state: state ?? 'ENABLED',
    userUpdateTime: '2026-11-20T17:00:00.000001Z',
    scheduleTime: '2026-11-20T17:15:00.000000Z',
  }
}

/** Durations are text that ends in `s`. */
function seconds(duration: string | undefined): number {
  if (duration === undefined) return 0
  if (!/^\d+(\.\d{1,9})?s$/.test(duration)) throw invalid(`Illegal duration format: ${duration}`)
  return Number(duration.slice(0, -1))
}

function page(jobs: readonly FakeJob[], search: URLSearchParams, shown: (job: FakeJob) => unknown): unknown {
  const from = Number(search.get('pageToken') || 0)
  const next = from + PAGE < jobs.length ? { nextPageToken: String(from + PAGE) } : {}
  return { jobs: jobs.slice(from, from + PAGE).map(shown), ...next }
}

const numbered = (job: FakeJob): unknown => ({
  ...job,
  state: STATES.indexOf(job.state),
  httpTarget: {
    ...(job['httpTarget'] as object),
    httpMethod: METHODS.indexOf((job['httpTarget'] as { httpMethod: string }).httpMethod),
  },
})
