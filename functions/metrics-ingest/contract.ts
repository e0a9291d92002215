// Requests and answers of ingest, and the problems that can occur.
import { keyInUse, keyReused, type ProblemKind, quotaExceeded } from '@penstock/shared/base/problem.ts'
import {
  type AnswerForm,
  LIST_BYTES,
  type Routes,
  readsOnly,
  recordsPoints,
  text,
  timestamp,
  verdictCodes,
} from '@penstock/shared/base/wire.ts'
import { count, labelsOrNull, listOf, mapOf, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

export const MAX_BATCH = 10_000
const MAX_DATABASE = 200
const MAX_STATEMENT = 10_000

/** Each entry (`Metric` of shared/points/metric.ts) gets its own verdict, so the front checks only that there is a list. */
const MetricBatch = z.array(z.unknown()).max(MAX_BATCH, `must have at most ${MAX_BATCH} entries`)

/** An entry as the API document shows it; `Metric` of shared/points/metric.ts decides. A test compares the two. */
export const MetricEntry = z
  .object({
    service_name: text(100),
    metric_type: text(50),
    metric_value: z.number().min(-1e150).max(1e150),
    unit: text(20, 0),
    timestamp: timestamp.nullish().describe('Without it the server gives one that no other point of the series has.'),
    metric_metadata: mapOf(z.unknown()).nullish().describe('Labels: any object of up to 4 KiB and five levels.'),
  })
  .meta({ title: 'MetricEntry' })

/** The stored point. */
const StoredMetric = z
  .object({
    id: uuid,
    service_name: z.string(),
    metric_type: z.string(),
    metric_value: z.number(),
    unit: z.string(),
    timestamp: wireInstant,
    metric_metadata: labelsOrNull.describe('As it was sent.'),
  })
  .meta({ title: 'StoredMetric' })

export type StoredMetric = z.output<typeof StoredMetric>

const Rejected = z.object({ index: count, code: z.enum(verdictCodes), detail: z.string() })

/** Answer to `Prefer: handling=lenient`. */
const LenientAnswer = z
  .object({
    accepted: count.describe('Distinct points that were stored.'),
    deferred: count.describe('Distinct points that wait for their month.'),
    rejected: listOf(Rejected).describe('The entries that were refused.'),
  })
  .meta({ title: 'LenientAnswer' })
export type LenientAnswer = z.output<typeof LenientAnswer>

/** Answer to `Prefer: return=minimal`. */
const MinimalAnswer = z
  .object({ accepted: count.describe('Distinct points that were stored or deferred.') })
  .meta({ title: 'MinimalAnswer' })
export type MinimalAnswer = z.output<typeof MinimalAnswer>

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

export const seriesLimitReached: ProblemKind = {
  slug: 'series_limit_reached',
  status: 422,
  title: 'The tenant has reached its limit of series',
}

const writing = { method: 'POST', scope: 'metrics:write', audit: recordsPoints, maxBytes: LIST_BYTES } as const
const preferences = ['Prefer', 'Idempotency-Key'] as const
const refusals = [seriesLimitReached, keyInUse, keyReused, quotaExceeded] as const
const preferred = (echo: z.ZodType): AnswerForm => ({
  schema: z.union([echo, MinimalAnswer, LenientAnswer]),
  headers: ['Preference-Applied'],
  when: 'The stored points; with `Prefer: return=minimal` or `handling=lenient` their number.',
})

/** InfluxDB's own refusal: clients of version 2 read `code` and `message`, those of version 1 `error`. */
const InfluxRefusal = z.object({ code: z.string(), message: z.string(), error: z.string() })
const influxFailures = [{ schema: InfluxRefusal }] as const
const written = [{ status: 204, headers: ['Penstock-Ignored'] }] as const
const otlpTypes = [{ schema: mapOf(z.unknown()) }, { type: 'application/x-protobuf' }] as const

export const routes = {
  one: {
    method: 'POST',
    path: '/api/v1/monitoring/metrics',
    scope: 'metrics:write',
    summary: 'Store one point',
    body: z.unknown(),
    documentedBody: { schema: MetricEntry },
    reads: preferences,
    answer: [preferred(StoredMetric)],
    problems: refusals,
    audit: recordsPoints,
  },
  batch: {
    ...writing,
    path: '/api/v1/monitoring/metrics/batch',
    summary: 'Store up to 10,000 points',
    body: MetricBatch,
    readsBytes: true,
    documentedBody: { schema: z.array(MetricEntry).max(MAX_BATCH) },
    reads: preferences,
    answer: [preferred(listOf(StoredMetric))],
    problems: refusals,
  },
  otlp: {
    ...writing,
    path: '/v1/metrics',
    summary: 'Store the metrics of an OpenTelemetry exporter (OTLP/HTTP)',
    accepts: ['application/x-protobuf', 'application/json'],
    answer: otlpTypes,
    failures: otlpTypes,
    problems: [quotaExceeded],
  },
  influxV2: {
    ...writing,
    path: '/api/v2/write',
    summary: 'Store line protocol as a client of InfluxDB 2 sends it',
    query: LineQueryV2,
    answer: written,
    failures: influxFailures,
    problems: [quotaExceeded],
  },
  influxV1: {
    ...writing,
    path: '/write',
    summary: 'Store line protocol as a client of InfluxDB 1 sends it',
    query: LineQueryV1,
    answer: written,
    failures: influxFailures,
    problems: [quotaExceeded],
  },
  ping: {
    method: 'GET',
    path: '/ping',
    scope: 'none',
    summary: 'Answer the ping of an InfluxDB 1 client',
    query: PingQuery,
    answer: [{ status: 204 }, { schema: z.object({ version: z.string() }), when: 'With `verbose`.' }],
    problems: [],
    audit: readsOnly,
  },
  influxStatement: {
    method: 'POST',
    path: '/query',
    scope: 'metrics:write',
    summary: 'Answer the statements that a client of InfluxDB 1 sends before it writes',
    query: StatementQuery,
    answer: mapOf(z.unknown()),
    failures: influxFailures,
    problems: [],
    audit: readsOnly,
  },
  influxQuestion: {
    method: 'GET',
    path: '/query',
    scope: 'metrics:write',
    summary: 'Answer the questions that a client of InfluxDB 1 asks before it writes',
    query: StatementQuery,
    answer: mapOf(z.unknown()),
    failures: influxFailures,
    problems: [],
    audit: readsOnly,
  },
  remoteWrite: {
    ...writing,
    path: '/api/v1/write',
    summary: 'Store the samples that Prometheus sends (remote write 1.0)',
    accepts: ['application/x-protobuf'],
    encoding: 'snappy',
    answer: written,
    failures: [{ type: 'text/plain' }],
    problems: [quotaExceeded],
  },
} as const satisfies Routes

/** The parameters of a push subscription's URL. `tenant` names the tenant; with `multi=1` the attribute `tenant` overrides it. */
const PushQuery = z.object({
  tenant: text(63).optional(),
  multi: z.enum(['0', '1']).optional(),
})

export const pushRoutes = {
  push: {
    ...writing,
    path: '/',
    service: true,
    summary: 'Store the points of a message that Pub/Sub pushes',
    query: PushQuery,
    answer: [{ status: 204 }],
    problems: [quotaExceeded],
  },
} as const satisfies Routes
