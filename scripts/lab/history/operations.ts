// The operations of an operator and a producer on history: jobs run to their end, a reopened month, a late point.
import { send } from '../../cli/send.ts'
import type { LocalSuite } from '../../cli/state.ts'

const TIMEOUT_MS = 600_000
const MAX_RUNS = 1_000
const MAX_WAITS = 60
const METRICS = '/api/v1/monitoring/metrics'

/** Runs a job until it reports that nothing is left. @throws {Error} when it fails. */
export async function runUntilDone(suite: LocalSuite, job: string, body: object = {}): Promise<void> {
  for (let run = 0; run < MAX_RUNS; run++) {
    const answer = await operate(suite, 'POST', job, body)
    if ((answer as { more?: boolean }).more !== true) return
  }
  throw new Error(`${job} is never done`)
}

interface Manifest {
  readonly dataset: string
  readonly month: string
  readonly rows: number
  readonly state: string
}

/** Reopens the archived month with the most rows, and returns it. */
export async function bringBack(suite: LocalSuite): Promise<string> {
  const [largest] = (await manifests(suite)).toSorted((a, b) => b.rows - a.rows)
  if (!largest) throw new Error('no month was archived')
  await operate(suite, 'POST', 'retention/reopen', { dataset: 'metrics', month: largest.month })
  return largest.month
}

const manifests = async (suite: LocalSuite): Promise<readonly Manifest[]> =>
  ((await operate(suite, 'GET', 'retention/archives')) as readonly Manifest[]).filter(
    ({ dataset, state }) => dataset === 'metrics' && state === 'dropped',
  )

/** Sends a point between two archived ones, and waits until it is in answers. */
export async function latePoint(suite: LocalSuite, services: readonly string[]): Promise<{ readonly service: string }> {
  const [service = ''] = services
  const of = `service_name=${encodeURIComponent(service)}`
  const [series] = (await read(suite, `${METRICS}/series?${of}`)) as readonly Record<string, string>[]
  if (!series) throw new Error(`${service} has no series`)
  // No real clock produces these microseconds.
  const timestamp = `${String(series['first_timestamp']).slice(0, 20)}${'123457'}Z`
  const point = {
    service_name: service,
    metric_type: series['metric_type'],
    metric_value: 12.25,
    unit: series['unit'],
    timestamp,
  }
  await post(suite, point)
  const path = `${METRICS}?${of}&start_time=${timestamp}&end_time=${timestamp}`
  for (let wait = 0; wait < MAX_WAITS; wait++) {
    if (((await read(suite, path)) as unknown[]).length === 1) return { service }
    await operate(suite, 'POST', 'partitions/run', {})
    await runUntilDone(suite, 'compaction/run', { all: true })
    await runUntilDone(suite, 'retention/run')
  }
  throw new Error('the late point does not come')
}

async function operate(suite: LocalSuite, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${suite.operator_key}`, 'content-type': 'application/json' }
  return await ask(`${suite.base_url}/api/v1/monitoring/${path}`, method, headers, body)
}

const read = async (suite: LocalSuite, path: string): Promise<unknown> =>
  await ask(suite.base_url + path, 'GET', { authorization: `Bearer ${suite.api_key}` })

async function post(suite: LocalSuite, point: object): Promise<void> {
  const headers = { authorization: `Bearer ${suite.api_key}`, 'content-type': 'application/json' }
  await ask(suite.base_url + METRICS, 'POST', headers, point)
}

async function ask(
  url: string,
  method: 'GET' | 'POST',
  headers: Record<string, string>,
  body?: object,
): Promise<unknown> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  const { status, body: answer } = await send(url, { method, headers, ...text, timeoutMs: TIMEOUT_MS })
  if (status !== 200 && status !== 202) throw new Error(`${method} ${url}: ${status} ${answer.slice(0, 500)}`)
  return JSON.parse(answer) as unknown
}
