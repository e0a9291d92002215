// Requests and answers of ingest, and the problems that can occur.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { LIST_BYTES, type Routes, text, type VerdictCode } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

export const MAX_BATCH = 10_000
const MAX_DATABASE = 200
const MAX_STATEMENT = 10_000

/** Each entry (`Metric` of shared/points/metric.ts) gets its own verdict, so the front checks only that there is a list. */
const MetricBatch = z.array(z.unknown()).max(MAX_BATCH, `must have at most ${MAX_BATCH} entries`)

/** The stored point. `metric_metadata` is echoed as it was sent. */
export interface StoredMetric {
  readonly id: string
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
}

/**
 * The answer to `Prefer: handling=lenient`: distinct points stored, distinct points that wait for their month, and the refused entries.
 */
export interface LenientAnswer {
  readonly accepted: number
  readonly deferred: number
  readonly rejected: readonly { readonly index: number; readonly code: VerdictCode; readonly detail: string }[]
}

/** The answer to `Prefer: return=minimal`: distinct points stored or deferred. */
export interface MinimalAnswer {
  readonly accepted: number
}

const precision = z.enum(['n', 'ns', 'u', 'us', 'ms', 's', 'm', 'h']).default('ns')
/** The precision may be empty, because some clients send an empty value instead of none. */
const maybePrecision = z
  .string()
  .optional()
  .transform((sent) => sent || undefined)
  .pipe(precision)
/** The name of a database becomes a label, so it follows the rules of one. */
const database = text(MAX_DATABASE, 0).optional()
/** A parameter of Penstock: the name of the label for the bucket. */
const bucketLabel = text(MAX_DATABASE).optional()

/** `org` has no effect, because the key determines the tenant. */
const LineQueryV2 = z.object({ precision: maybePrecision, bucket: database, bucket_label: bucketLabel })
const LineQueryV1 = z.object({ precision: maybePrecision, db: database, rp: database })

/** The request that InfluxDB 1 clients send before they write: a statement in `q`, in the query string or in a form. */
const StatementQuery = z.object({ q: text(MAX_STATEMENT, 0).optional() })
const PingQuery = z.object({ verbose: z.string().optional() })

export const routes = {
  one: { method: 'POST', path: '/api/v1/monitoring/metrics', scope: 'metrics:write', body: z.unknown() },
  batch: {
    method: 'POST',
    path: '/api/v1/monitoring/metrics/batch',
    scope: 'metrics:write',
    body: MetricBatch,
    readsBytes: true,
    maxBytes: LIST_BYTES,
  },
  otlp: {
    method: 'POST',
    path: '/v1/metrics',
    scope: 'metrics:write',
    accepts: ['application/x-protobuf', 'application/json'],
    maxBytes: LIST_BYTES,
  },
  influxV2: { method: 'POST', path: '/api/v2/write', scope: 'metrics:write', query: LineQueryV2, maxBytes: LIST_BYTES },
  influxV1: { method: 'POST', path: '/write', scope: 'metrics:write', query: LineQueryV1, maxBytes: LIST_BYTES },
  ping: { method: 'GET', path: '/ping', scope: 'metrics:write', public: true, query: PingQuery },
  influxStatement: { method: 'POST', path: '/query', scope: 'metrics:write', query: StatementQuery },
  influxQuestion: { method: 'GET', path: '/query', scope: 'metrics:write', query: StatementQuery },
  remoteWrite: {
    method: 'POST',
    path: '/api/v1/write',
    scope: 'metrics:write',
    accepts: ['application/x-protobuf'],
    encoding: 'snappy',
    maxBytes: LIST_BYTES,
  },
} as const satisfies Routes

/** The parameters of a push subscription's URL. `tenant` names the tenant; with `multi=1` the attribute `tenant` overrides it. */
const PushQuery = z.object({
  tenant: text(63).optional(),
  multi: z.enum(['0', '1']).optional(),
})

export const pubsubRoutes = {
  push: {
    method: 'POST',
    path: '/',
    scope: 'metrics:write',
    service: true,
    query: PushQuery,
    maxBytes: LIST_BYTES,
  },
} as const satisfies Routes

export const seriesLimitReached: ProblemKind = {
  slug: 'series_limit_reached',
  status: 422,
  title: 'The tenant has reached its limit of series',
}
