// The text that is printed when the suite is ready: its addresses, and three calls that work as printed.
import type { LocalSuite } from '../cli/state.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const POINT = { service_name: 'pump-1', metric_type: 'pressure', metric_value: 4.2, unit: 'bar' }

/** Returns several lines. Each curl line is independent, works as printed for one day, and answers 200. */
export function welcome(local: LocalSuite, nowMs: number, readyInMs: number, open: boolean): string {
  return [
    `Penstock is ready after ${(readyInMs / 1000).toFixed(1)} s.`,
    '',
    `  console    ${local.console_url}`,
    `  gateway    ${local.base_url}${open ? '  (open: callers without credentials act as the tenant default)' : ''}`,
    `  API key    ${local.api_key}`,
    '  a user     npm run --silent keys -- user --tenant default --subject alice',
    `  Pub/Sub    ${local.pubsub_url}/v1/projects/local/topics/metrics:publish`,
    `  storage    ${local.storage_url}`,
    `  e-mails    ${local.mail_url}/`,
    '  database   npm run sql',
    '  logs       .penstock/logs/',
    '',
    'Write a point, read it, aggregate it:',
    '',
    ...curlLines(local, nowMs),
    '',
    'Ctrl-C stops everything; the data stays.',
  ].join('\n')
}

function curlLines({ base_url, api_key }: LocalSuite, nowMs: number): readonly string[] {
  const metrics = `${base_url}/api/v1/monitoring/metrics`
  const key = `-H 'Authorization: Bearer ${api_key}'`
  const today = nowMs - (nowMs % DAY_MS)
  const range = new URLSearchParams({
    service_name: POINT.service_name,
    metric_type: POINT.metric_type,
    start_time: new Date(today).toISOString(),
    end_time: new Date(today + 2 * DAY_MS).toISOString(),
  }).toString()
  return [
    `curl -sS -X POST '${metrics}' ${key} -H 'Content-Type: application/json' -d '${JSON.stringify(POINT)}'`,
    `curl -sS '${metrics}?${range}' ${key}`,
    `curl -sS '${metrics}/aggregate?${range}&interval=hour' ${key}`,
  ]
}
