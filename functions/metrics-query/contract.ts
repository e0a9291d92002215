// Requests and answers of queries on the stored metrics, and the problems that can occur.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { brokenTextRule, type Routes, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

const MAX_OFFSET = 100_000
const MAX_PAGE = 10_000
const DEFAULT_PAGE = 1_000
const MAX_NAME = 200
/** All labels of a series fit into 4 KiB, so nothing longer can match. */
const MAX_LABEL = 4_096
const MAX_LABEL_FILTERS = 20
const MAX_PERCENTILES = 10
const LABEL_PREFIX = 'labels.'

/** A label's name and the text that its value must have. */
export type LabelFilter = readonly [name: string, value: string]

const name = text(MAX_NAME)

/** Like `text`, but may be empty, as a unit or a label's name may be. */
const maybeEmpty = (max: number) =>
  z.string().superRefine((value, context) => {
    const broken = value === '' ? undefined : brokenTextRule(value, max)
    if (broken !== undefined) context.addIssue({ code: 'custom', message: broken })
  })

/** Returns the nearest of the microseconds that a number holds exactly, 1684 to 2255; no point can be outside. */
const inside = (us: number): number => Math.min(Math.max(us, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)

/** Restores the `+` of an offset that was not escaped in the URL and arrives as a space. No other timestamp ends that way. */
const withPlus = (sent: string): string => sent.replace(/ (\d\d:?\d\d)$/, '+$1')

const instant = z.string().transform(withPlus).pipe(timestamp)

/** Schema of an instant that also preserves the text that was sent. */
const sentInstant = z.string().transform((sent, context) => {
  const result = instant.safeParse(sent)
  if (result.success) return { at: result.data, sent: withPlus(sent) }
  for (const issue of result.error.issues) context.addIssue({ code: 'custom', message: issue.message })
  return z.NEVER
})

const percentiles = z
  .string()
  .regex(
    /^\d{1,3}(\.\d{1,6})?(,\d{1,3}(\.\d{1,6})?)*$/,
    'must be numbers from 0 to 100 with commas between, such as 50,95,99.9',
  )
  .transform((list) => [...new Set(list.split(','))])
  .refine((list) => list.every((p) => Number(p) <= 100), 'must be from 0 to 100')
  .refine((list) => list.length <= MAX_PERCENTILES, `must be at most ${MAX_PERCENTILES}`)

const filters = { service_name: name.optional(), metric_type: name.optional(), unit: maybeEmpty(MAX_NAME).optional() }
const page = { limit: wholeNumber(1, MAX_PAGE).default(DEFAULT_PAGE), cursor: text(MAX_NAME).optional() }

export const RangeQuery = z
  .looseObject({
    ...filters,
    ...page,
    start_time: instant,
    end_time: instant,
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
    service_name: name,
    metric_type: name,
    unit: filters.unit,
    start_time: sentInstant,
    end_time: sentInstant,
    interval: z.enum(intervals, `must be one of ${intervals.join(', ')}`),
    group_by: maybeEmpty(MAX_LABEL).optional(),
    percentiles: percentiles.optional(),
  })
  .superRefine(({ start_time, end_time }, context) => refuseBackwards(start_time.at, end_time.at, context))
  .transform((query, context) => ({
    service_name: query.service_name,
    metric_type: query.metric_type,
    unit: query.unit,
    labels: labelFilters(query, context),
    start_time: { ...query.start_time, at: inside(query.start_time.at) },
    end_time: { ...query.end_time, at: inside(query.end_time.at) },
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

function refuseBackwards(start: number, end: number, context: z.core.$RefinementCtx): void {
  if (start > end) context.addIssue({ code: 'custom', path: ['end_time'], message: 'must not be before start_time' })
}

/**
 * Returns the `labels.<name>` parameters by name. Any name is safe, also those of prototypes, because they never become keys of an
 * object.
 */
function labelFilters(
  query: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): readonly LabelFilter[] {
  const given = Object.entries(query).filter(([parameter]) => parameter.startsWith(LABEL_PREFIX))
  if (given.length > MAX_LABEL_FILTERS) {
    const [parameter] = given[MAX_LABEL_FILTERS] as [string, unknown]
    context.addIssue({
      code: 'custom',
      path: [parameter],
      message: `must be one of at most ${MAX_LABEL_FILTERS} label filters`,
    })
  }
  const labels = given.map(([parameter, value]): LabelFilter => {
    const label: LabelFilter = [parameter.slice(LABEL_PREFIX.length), String(value)]
    const broken = label.map((part) => (part === '' ? undefined : brokenTextRule(part, MAX_LABEL))).find(Boolean)
    if (broken !== undefined) context.addIssue({ code: 'custom', path: [parameter], message: broken })
    return label
  })
  return labels.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. */
export const routes = {
  range: { method: 'GET', path: '/api/v1/monitoring/metrics', scope: 'metrics:read', query: RangeQuery },
  aggregate: {
    method: 'GET',
    path: '/api/v1/monitoring/metrics/aggregate',
    scope: 'metrics:read',
    query: AggregateQuery,
  },
  series: { method: 'GET', path: '/api/v1/monitoring/metrics/series', scope: 'metrics:read', query: SeriesQuery },
} as const satisfies Routes

/** One stored point with the names of its series. Times are RFC 3339 in UTC with microseconds. */
export interface Metric {
  readonly id: string
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly unit: string
  readonly timestamp: string
  /** In canonical form; null for a series without labels. */
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
}

export interface Aggregate {
  readonly service_name: string
  readonly metric_type: string
  readonly interval: Interval
  /** As sent, like `end_time`. Both ends are inclusive. */
  readonly start_time: string
  readonly end_time: string
  /** Oldest first, then by group, null last. Buckets without points are absent. */
  readonly data: readonly Bucket[]
}

export interface Bucket {
  /** First instant of the bucket, in UTC. */
  readonly timestamp: string
  readonly avg_value: number
  readonly min_value: number
  readonly max_value: number
  readonly count: number
  readonly sum_value: number
  /** With `group_by`: the label's value as text; null when the label is missing. */
  readonly group?: string | null
  /** With `percentiles`: the keys as they were sent. */
  readonly percentiles?: Readonly<Record<string, number>>
}

export interface Series {
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly metric_metadata: Readonly<Record<string, unknown>> | null
  /** Null when the series has no point. */
  readonly first_timestamp: string | null
  readonly last_timestamp: string | null
}

export const ambiguousUnit: ProblemKind = {
  slug: 'ambiguous_unit',
  status: 422,
  title: 'The points have several units',
}
export const tooManyBuckets: ProblemKind = {
  slug: 'too_many_buckets',
  status: 422,
  title: 'The answer would have too many entries',
}
export const answerTooLarge: ProblemKind = {
  slug: 'answer_too_large',
  status: 422,
  title: 'The answer would be too large',
}
export const archiveTooLarge: ProblemKind = {
  slug: 'archive_too_large',
  status: 422,
  title: 'The answer would need too much of the archive',
}
