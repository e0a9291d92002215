// Requests and answers of queries on the stored metrics, and the problems that can occur.
import { AlertPreview, AlertPreviewRequest } from '@penstock/shared/alerts/rule-schema.ts'
import { archiveTooLarge, type ProblemKind } from '@penstock/shared/base/problem.ts'
import {
  type AnswerForm,
  type AnswerHeader,
  queryTimestamp,
  type Routes,
  readsOnly,
  text,
  wholeNumber,
} from '@penstock/shared/base/wire.ts'
import { count, labelsOrNull, listOf, mapOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'
import { cardinalityRoute } from './cardinality-contract.ts'
import {
  ambiguousUnit,
  filters,
  inside,
  labelFilters,
  MAX_LABEL,
  MAX_NAME,
  metricRange,
  readMetricRange,
  refuseBackwards,
  tooManyBuckets,
} from './filters-contract.ts'
import { trendsRoute } from './trends-contract.ts'

const MAX_OFFSET = 100_000
const MAX_PAGE = 10_000
const DEFAULT_PAGE = 1_000
const MAX_PERCENTILES = 10

const percentiles = z
  .string()
  .regex(
    /^\d{1,3}(\.\d{1,6})?(,\d{1,3}(\.\d{1,6})?)*$/,
    'must be numbers from 0 to 100 with commas between, such as 50,95,99.9',
  )
  .transform((list) => [...new Set(list.split(','))])
  .refine((list) => list.every((p) => Number(p) <= 100), 'must be from 0 to 100')
  .refine((list) => list.length <= MAX_PERCENTILES, `must be at most ${MAX_PERCENTILES}`)

const page = { limit: wholeNumber(1, MAX_PAGE).default(DEFAULT_PAGE), cursor: text(MAX_NAME).optional() }

export const RangeQuery = z
  .looseObject({
    ...filters,
    ...page,
    start_time: queryTimestamp,
    end_time: queryTimestamp,
    offset: wholeNumber(0, MAX_OFFSET).default(0),
  })
  .superRefine(({ start_time, end_time, cursor, offset }, context) => {
    refuseBackwards(start_time, end_time, context)
    if (cursor === undefined || offset === 0) return
    context.addIssue({ code: 'custom', path: ['offset'], message: 'must not be given together with cursor' })
  })
  .transform((query, context) => ({
    service_name: query.service_name,
    metric_type: query.metric_type,
    unit: query.unit,
    labels: labelFilters(query, context),
    start_time: inside(query.start_time),
    end_time: inside(query.end_time),
    limit: query.limit,
    offset: query.offset,
    cursor: query.cursor,
  }))
export type RangeQuery = z.output<typeof RangeQuery>

const intervals = ['minute', '5m', '15m', 'hour', 'day', 'week', 'month'] as const
export type Interval = (typeof intervals)[number]

export const AggregateQuery = z
  .looseObject({
    ...metricRange,
    interval: z.enum(intervals, `must be one of ${intervals.join(', ')}`),
    group_by: text(MAX_LABEL, 0).optional(),
    percentiles: percentiles.optional(),
  })
  .superRefine(({ start_time, end_time }, context) => refuseBackwards(start_time.at, end_time.at, context))
  .transform((query, context) => ({
    ...readMetricRange(query, context),
    interval: query.interval,
    group_by: query.group_by,
    percentiles: query.percentiles,
  }))
export type AggregateQuery = z.output<typeof AggregateQuery>

export const SeriesQuery = z.looseObject({ ...filters, ...page }).transform((query, context) => ({
  service_name: query.service_name,
  metric_type: query.metric_type,
  unit: query.unit,
  labels: labelFilters(query, context),
  limit: query.limit,
  cursor: query.cursor,
}))
export type SeriesQuery = z.output<typeof SeriesQuery>

/** One stored point with the names of its series. */
const Metric = z
  .object({
    id: uuid,
    service_name: z.string(),
    metric_type: z.string(),
    metric_value: z.number(),
    unit: z.string(),
    timestamp: wireInstant,
    metric_metadata: labelsOrNull.describe('In canonical form; null for a series without labels.'),
  })
  .meta({ title: 'Metric' })
export type Metric = z.output<typeof Metric>

const group = z
  .string()
  .nullable()
  .optional()
  .describe("With `group_by`: the label's value as text; null when the label is missing.")

const figures = <N extends z.ZodType, C extends z.ZodType>(number: N, whole: C) =>
  ({ avg_value: number, min_value: number, max_value: number, count: whole, sum_value: number }) as const

const Bucket = z
  .object({
    timestamp: wireInstant.describe('First instant of the bucket, in UTC.'),
    ...figures(z.number(), count),
    group,
    percentiles: mapOf(z.number()).optional().describe('With `percentiles`: the keys as they were sent.'),
  })
  .meta({ title: 'MetricBucket' })
export type Bucket = z.output<typeof Bucket>

const aggregateHead = {
  service_name: z.string(),
  metric_type: z.string(),
  interval: z.enum(intervals),
  start_time: z.string().describe('As sent. Points at this instant are counted.'),
  end_time: z.string().describe('As sent. Points at this instant are counted.'),
}

const Aggregate = z
  .object({
    ...aggregateHead,
    data: listOf(Bucket).describe('Oldest first, then by group, null last. Buckets without points are absent.'),
  })
  .meta({ title: 'MetricAggregate' })
export type Aggregate = z.output<typeof Aggregate>

const identity = { service_name: z.string(), metric_type: z.string(), unit: z.string(), metric_metadata: labelsOrNull }

const Series = z
  .object({
    ...identity,
    first_timestamp: wireInstant.nullable().describe('Null when the series has no point.'),
    last_timestamp: wireInstant.nullable(),
  })
  .meta({ title: 'MetricSeries' })
export type Series = z.output<typeof Series>

export const previewTooLarge: ProblemKind = {
  slug: 'preview_too_large',
  status: 422,
  title: 'The preview would need too much',
}
export const answerTooLarge: ProblemKind = {
  slug: 'answer_too_large',
  status: 422,
  title: 'The answer would be too large',
}

/** The forms in which points and aggregates are answered, by `Accept`; the first is the default. */
export const answerTypes = [
  'application/json',
  'application/vnd.penstock.columns+json',
  'text/csv',
  'application/vnd.apache.arrow.stream',
] as const
export type AnswerType = (typeof answerTypes)[number]

const micros = onWire(z.number(), { type: 'integer', format: 'int64', maximum: Number.MAX_SAFE_INTEGER })
const instants = listOf(micros).describe('Microseconds since 1970, UTC.')

const MetricColumns = z
  .object({
    ...identity,
    timestamps: instants,
    values: listOf(z.number()).describe('One for each of `timestamps`, in their order.'),
  })
  .meta({ title: 'MetricColumns' })

const AggregateColumns = z
  .object({
    ...aggregateHead,
    series: listOf(
      z
        .object({
          group,
          timestamps: instants.describe('First instants of the buckets: microseconds since 1970, UTC.'),
          ...figures(listOf(z.number()), listOf(count)),
          percentiles: mapOf(listOf(z.number())).optional().describe('With `percentiles`: the keys as they were sent.'),
        })
        .meta({ title: 'MetricBucketColumns' }),
    ).describe('One for each group, null last; without `group_by` at most one.'),
  })
  .meta({ title: 'MetricAggregateColumns' })
export type AggregateColumns = z.output<typeof AggregateColumns>

const [, COLUMNS, CSV, ARROW] = answerTypes

/** A JSON answer, and its compact forms. */
const inForms = (json: z.ZodType, columns: z.ZodType, headers: readonly AnswerHeader[]): readonly AnswerForm[] => [
  { schema: json, headers },
  { type: COLUMNS, schema: columns, headers },
  { type: CSV, headers },
  { type: ARROW, headers },
]

const metrics = '/api/v1/monitoring/metrics'
const reading = { method: 'GET', scope: 'metrics:read', users: true, audit: readsOnly } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  range: {
    ...reading,
    path: metrics,
    summary: 'Read points of a time range, newest first',
    query: RangeQuery,
    answer: inForms(listOf(Metric), listOf(MetricColumns), ['Link', 'Penstock-Source']),
    problems: [archiveTooLarge],
  },
  aggregate: {
    ...reading,
    path: `${metrics}/aggregate`,
    summary: 'Read averages, extremes, sums and percentiles of a metric by interval',
    query: AggregateQuery,
    answer: inForms(Aggregate, AggregateColumns, ['Penstock-Source']),
    problems: [ambiguousUnit, tooManyBuckets, answerTooLarge, archiveTooLarge],
  },
  series: {
    ...reading,
    path: `${metrics}/series`,
    summary: 'List series with the first and last instant of each',
    query: SeriesQuery,
    answer: [{ schema: listOf(Series), headers: ['Link'] }],
    problems: [archiveTooLarge],
  },
  cardinality: cardinalityRoute,
  trends: trendsRoute,
  preview: {
    method: 'POST',
    path: '/api/v1/monitoring/alerts/preview',
    scope: 'alerts:read',
    users: true,
    summary: 'Try an alert rule on stored history, archived months too',
    body: AlertPreviewRequest,
    answer: AlertPreview,
    problems: [ambiguousUnit, previewTooLarge, archiveTooLarge],
    audit: readsOnly,
  },
} as const satisfies Routes
