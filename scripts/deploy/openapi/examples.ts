// A valid request for each operation: the document shows it, and a test sends it.
import { firstChoice } from '../example-request.ts'
import { examplesOf } from '../examples.ts'
import type { Operation } from './operations.ts'

export interface Example {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** Content type of a body that is not JSON. */
  readonly type?: string
}

const point = {
  service_name: 'greenhouse-3',
  metric_type: 'temperature',
  metric_value: 21.5,
  unit: 'C',
  timestamp: '2026-11-20T17:09:01.123456Z',
  metric_metadata: { room: '2' },
}
const range = { start_time: '2026-11-20T00:00:00Z', end_time: '2026-11-21T00:00:00Z' }
const series = { service_name: 'greenhouse-3', metric_type: 'temperature' }
const job = { job_id: '0b9f3c1e-8d1f-4a4e-9c56-3f5d1f0a7b21' }
const lease = { lease_id: '6a0d3b8e-52a1-4d57-8f0a-d2c7b6f4e913', fencing_token: 1 }
const insight = { insight_id: 'insight-42', user_id: 'user-7' }

/** Examples that replace the slice's own ones because they show more, by id of the operation. */
const shown: Readonly<Record<string, Example>> = {
  'backfill.start': { body: { job_type: 'reindex', start_block: 0, end_block: 9_999, created_by: 'nightly' } },
  'backfill.progress': { query: job, body: { current_block: 4_200, progress_percentage: 42 } },
  'backfill.list': { query: { status: 'running', limit: 10 } },
  'backfill.job': { params: job },
  'backfill.claim': { params: job, body: { worker: 'worker-1', size: 500, lease_seconds: 60 } },
  'backfill.heartbeat': { params: job, body: lease },
  'backfill.complete': { params: job, body: lease },
  'backfill.fail': { params: job, body: { ...lease, error_message: 'The source did not answer.' } },
  'compaction.run': { body: { all: true } },
  'feedback.rate': { body: { ...insight, rating: 5, comment: 'Found the leak.' } },
  'feedback.comment': { body: { ...insight, comment: 'Found the leak.' } },
  'feedback.flag': { body: { ...insight, flag_type: 'misleading', flag_reason: 'The unit is wrong.' } },
  'feedback.stats': { query: { insight_id: 'insight-42' } },
  'feedback.comments': { query: { insight_id: 'insight-42', limit: 20 } },
  'feedback.user': { query: { user_id: 'user-7', limit: 50 } },
  'metrics-ingest.one': { body: point },
  'metrics-ingest.batch': { body: [point, { ...point, metric_type: 'humidity', metric_value: 0.61, unit: '1' }] },
  'metrics-ingest.otlp': {
    type: 'application/json',
    body: {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'greenhouse-3' } }] },
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'temperature',
                  unit: 'Cel',
                  gauge: { dataPoints: [{ timeUnixNano: '1795194541123456000', asDouble: 21.5 }] },
                },
              ],
            },
          ],
        },
      ],
    },
  },
  'metrics-ingest.influxV2': {
    query: { bucket: 'greenhouses', precision: 's' },
    type: 'text/plain',
    body: 'temperature,room=2 value=21.5 1795194541',
  },
  'metrics-ingest.influxV1': {
    query: { db: 'greenhouses', precision: 's' },
    type: 'text/plain',
    body: 'temperature,room=2 value=21.5 1795194541',
  },
  'metrics-ingest.ping': { query: { verbose: 'true' } },
  'metrics-ingest.influxStatement': { query: { q: 'CREATE DATABASE greenhouses' } },
  'metrics-ingest.influxQuestion': { query: { q: 'SHOW DATABASES' } },
  'metrics-ingest.push': {
    query: { tenant: 'default' },
    type: 'application/json',
    body: {
      message: {
        messageId: '1',
        publishTime: '2026-11-20T17:09:01Z',
        data: Buffer.from(JSON.stringify(point)).toString('base64'),
      },
      subscription: 'projects/example/subscriptions/metrics',
    },
  },
  'metrics-query.range': { query: { ...range, ...series, limit: 1_000 } },
  'metrics-query.aggregate': { query: { ...range, ...series, interval: 'hour', percentiles: '50,95' } },
  'metrics-query.series': { query: { service_name: 'greenhouse-3' } },
  'retention.run': { body: { policies: ['feedback'], dry_run: true } },
  'retention.archives': { query: { dataset: 'metrics', month: '2026-08-01' } },
  'retention.map': { query: { tenant: 'default' } },
  'retention.verify': { body: { dataset: 'metrics', month: '2026-08-01' } },
  'retention.reopen': { body: { dataset: 'metrics', month: '2026-08-01' } },
  'retention.holds': { query: { tenant: 'default' } },
  'retention.hold': {
    body: { tenant: 'default', dataset: 'feedback', ...range, reason: 'A claim that is not settled.', by: 'counsel' },
  },
  'retention.release': { body: { id: '1', by: 'counsel' } },
}

/** The examples of these operations, by id: the first one of the slice's examples.ts, unless one is written here. */
export async function documentedExamples(operations: readonly Operation[]): Promise<Readonly<Record<string, Example>>> {
  const stray = Object.keys(shown).find((id) => !operations.some((operation) => operation.id === id))
  if (stray !== undefined) throw new Error(`there is no operation ${stray} any more: remove its example`)
  const all = operations.map(async (operation) => [operation.id, shown[operation.id] ?? (await ownExample(operation))])
  return Object.fromEntries((await Promise.all(all)).filter(([, example]) => example)) as Record<string, Example>
}

async function ownExample({ id, slice, entry, route }: Operation): Promise<Example | undefined> {
  if (!(route.query ?? route.body ?? route.documentedBody)) return undefined
  const make = (await examplesOf({ slice, entry }))[id.slice(slice.length + 1)]?.[0]
  if (!make) return undefined
  const { parameters, query, json } = make(
    { tenant: 'acme', monthMs: MONTH_MS, planted: 'a text', cursors: {} },
    firstChoice,
  )
  return {
    ...(parameters ? { params: parameters } : {}),
    ...(query ? { query: Object.fromEntries(query.map(([name, value]) => [name, decodeURIComponent(value)])) } : {}),
    ...(json === undefined ? {} : { body: json }),
  }
}

const MONTH_MS = Date.UTC(2026, 10)
