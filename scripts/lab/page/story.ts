// Something to look at: points, feedback, a job, rules and a channel, sent through the API as any client would.
import { send } from '../../cli/send.ts'
import type { LocalSuite } from '../../cli/state.ts'

const API = '/api/v1/monitoring'
const TIMEOUT_MS = 30_000
const BATCH = 2_000

/** Texts that would run, or would be loaded, if a page took one for markup. */
const NAUGHTY = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  '{{constructor.constructor("alert(3)")()}}',
  "javascript:alert(4)//'",
]

/** The series with as many points as one chart draws. */
export const FULL = { service: 'line-3', metric: 'vibration', points: 10_000 }

/** Posts a JSON body. @throws {Error} for any other answer than 2xx, with its text. */
async function post({ base_url, api_key }: LocalSuite, path: string, body: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' }
  const answer = await send(base_url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    timeoutMs: TIMEOUT_MS,
  })
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`)
  return JSON.parse(answer.body)
}

/** Sends everything that the pictures show. Sending it again adds points up to now, and nothing else. */
export async function tellStory(suite: LocalSuite, now: number): Promise<void> {
  await sendPoints(suite, pumpPoints(now))
  await sendPoints(suite, fullPoints(now))
  await tellFeedback(suite)
  if (await isTold(suite)) return
  await tellJob(suite)
  await tellAlerts(suite)
}

/** Stores texts that would run in a careless page wherever a tenant can store a text. */
export async function tellNaughty(suite: LocalSuite): Promise<void> {
  const points = NAUGHTY.map((text, i) => ({
    service_name: text,
    metric_type: `naughty-${i}`,
    metric_value: i,
    unit: '',
    metric_metadata: { note: text },
  }))
  await post(suite, `${API}/metrics/batch`, points)
  for (const [i, text] of NAUGHTY.entries()) {
    await post(suite, '/api/v1/feedback/comment', { insight_id: 'insight-17', user_id: text, comment: text })
    await post(suite, `${API}/alerts`, { ...RULE, name: text, service_name: text, metric_type: `naughty-${i}` })
    await post(suite, `${API}/backfill/start`, { job_type: text.slice(0, 50), start_block: i, end_block: 100 + i })
    await post(suite, '/api/v1/auth/api-keys', { name: text, scopes: ['metrics:read'] })
  }
}

async function sendPoints(suite: LocalSuite, points: readonly object[]): Promise<void> {
  for (let i = 0; i < points.length; i += BATCH) await post(suite, `${API}/metrics/batch`, points.slice(i, i + BATCH))
}

const HOUR_MS = 3_600_000
const STEP_MS = 15_000
const HOSTS = ['east', 'west']

/** Four hours of two pumps with a shift of load in the middle. */
function pumpPoints(now: number): readonly object[] {
  const steps = Array.from({ length: (4 * HOUR_MS) / STEP_MS }, (_, i) => i)
  return HOSTS.flatMap((host, h) =>
    steps.map((i) => {
      const load = i > 420 && i < 640 ? 3.4 : 0
      const value = 61 + h * 4 + 2.2 * Math.sin(i / 55 + h) + 0.5 * Math.sin(i / 3.7) + load
      return point('pump-7', 'temperature', 'C', now - 4 * HOUR_MS + i * STEP_MS, value, { host })
    }),
  )
}

/** They end with the hour that has passed, so that another telling in this hour writes the same ones. */
function fullPoints(now: number): readonly object[] {
  const { service, metric, points } = FULL
  const end = Math.floor(now / HOUR_MS) * HOUR_MS
  return Array.from({ length: points }, (_, i) =>
    point(service, metric, 'mm/s', end - points * 2_000 + i * 2_000, 2 + Math.sin(i / 300) + 0.4 * Math.sin(i / 2.3)),
  )
}

const point = (service: string, metric: string, unit: string, at: number, value: number, labels?: object): object => ({
  service_name: service,
  metric_type: metric,
  metric_value: Math.round(value * 1000) / 1000,
  unit,
  timestamp: new Date(at).toISOString(),
  ...(labels ? { metric_metadata: labels } : {}),
})

const SAID = [
  ['kim', 5, 'The hint came an hour before the bearing failed.'],
  ['sasha', 4, 'Good, but the chart should show the limit too.'],
  ['robin', 3, 'It was right about the pump and wrong about the valve.'],
] as const

async function tellFeedback(suite: LocalSuite): Promise<void> {
  for (const [user_id, rating, comment] of SAID) {
    await post(suite, '/api/v1/feedback/rate', { insight_id: 'insight-17', user_id, rating })
    await post(suite, '/api/v1/feedback/comment', { insight_id: 'insight-17', user_id, comment })
  }
}

/** Returns true when the rules are there. Rules and jobs have no key of their own, so a second telling would make them twice. */
async function isTold({ base_url, api_key }: LocalSuite): Promise<boolean> {
  const headers = { authorization: `Bearer ${api_key}` }
  const { body } = await send(`${base_url}${API}/alerts`, { method: 'GET', headers, timeoutMs: TIMEOUT_MS })
  return (JSON.parse(body) as { readonly total: number }).total > 0
}

const RULE = {
  threshold_type: 'absolute',
  threshold_value: 70,
  comparison_operator: '>',
  severity: 'warning',
  evaluation_window_seconds: 300,
}

async function tellJob(suite: LocalSuite): Promise<void> {
  const job = { job_type: 'reindex-readings', start_block: 0, end_block: 48_000 }
  const { id } = (await post(suite, `${API}/backfill/start`, job)) as { readonly id: string }
  await post(suite, `${API}/backfill/progress?job_id=${id}`, { current_block: 29_300, progress_percentage: 61 })
}

async function tellAlerts(suite: LocalSuite): Promise<void> {
  await post(suite, `${API}/alerts/channels`, { type: 'email', name: 'On call', address: 'on-call@example.com' })
  const pump = { ...RULE, service_name: 'pump-7', metric_type: 'temperature' }
  await post(suite, `${API}/alerts`, { ...pump, name: 'Pump 7 is hot' })
  await post(suite, `${API}/alerts`, { ...pump, name: 'Pump 7 runs', threshold_value: 10, severity: 'critical' })
}
