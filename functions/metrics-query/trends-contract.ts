// A period compared with the one before it, on the wire.
import { archiveTooLarge } from '@penstock/shared/base/problem.ts'
import { readsOnly, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'
import { ambiguousUnit, metricRange, readMetricRange, refuseBackwards, tooManyBuckets } from './filters-contract.ts'

const intervals = ['hour', 'day', 'week'] as const
const comparisons = ['previous', 'year', 'none'] as const
const directions = ['rising', 'falling', 'flat'] as const

export const TrendsQuery = z
  .looseObject({
    ...metricRange,
    interval: z.enum(intervals, `must be one of ${intervals.join(', ')}`),
    moving_average: wholeNumber(2, 90).default(7),
    compare: z.enum(comparisons, `must be one of ${comparisons.join(', ')}`).default('previous'),
  })
  .superRefine(({ start_time, end_time }, context) => refuseBackwards(start_time.at, end_time.at, context))
  .transform((query, context) => ({
    ...readMetricRange(query, context),
    interval: query.interval,
    moving_average: query.moving_average,
    compare: query.compare,
  }))
export type TrendsQuery = z.output<typeof TrendsQuery>

const numberOrNull = z.number().nullable()

const figures = {
  avg_value: numberOrNull.describe('Null without points.'),
  min_value: numberOrNull,
  max_value: numberOrNull,
  sum_value: z.number(),
  count,
}

const percentage = numberOrNull.describe(
  'In percent of the absolute value before. Null when that value is 0 or missing, and when the result would exceed a double.',
)

const TrendEntry = z
  .object({
    timestamp: wireInstant.describe('First instant of the bucket, in UTC.'),
    avg_value: numberOrNull.describe('Null without points.'),
    count,
    moving_average: numberOrNull.describe(
      'Mean of all points of this bucket and those before it, as many buckets as `moving_average` says; null when none of them has a point.',
    ),
    previous_value: numberOrNull.describe('Mean of the bucket of the period before that lies at the same distance.'),
    change_percentage: percentage,
  })
  .meta({ title: 'MetricTrendEntry' })
export type TrendEntry = z.output<typeof TrendEntry>

const MetricTrends = z
  .object({
    service_name: z.string(),
    metric_type: z.string(),
    interval: z.enum(intervals),
    start_time: z.string().describe('As sent. Points at this instant are counted.'),
    end_time: z.string().describe('As sent. Points at this instant are counted.'),
    current: z.object(figures),
    previous: z
      .object({
        ...figures,
        start_time: wireInstant.describe('Points at this instant are counted.'),
        end_time: wireInstant.describe('With `compare=previous` points at this instant belong to `current`.'),
      })
      .nullable()
      .describe('Null with `compare=none`.'),
    change: z
      .object({
        avg_absolute: numberOrNull.describe('Null when one of the periods has no points.'),
        avg_percentage: percentage,
        sum_percentage: percentage,
        count_percentage: percentage,
      })
      .nullable()
      .describe('Null with `compare=none`.'),
    trend: z
      .object({
        slope_per_day: numberOrNull.describe('Null when fewer than two buckets have points.'),
        r_squared: numberOrNull.describe('Null when fewer than two buckets have points, or all have one mean.'),
        direction: z.enum(directions),
      })
      .describe('Least squares through the means of the buckets.'),
    data: listOf(TrendEntry).describe('Every bucket of the range, oldest first, also those without points.'),
  })
  .meta({ title: 'MetricTrends' })
export type MetricTrends = z.output<typeof MetricTrends>

export const trendsRoute = {
  method: 'GET',
  scope: 'metrics:read',
  users: true,
  audit: readsOnly,
  path: '/api/v1/monitoring/metrics/trends',
  summary: 'Compare a metric with the period before, with its moving average and its slope',
  query: TrendsQuery,
  answer: [{ schema: MetricTrends, headers: ['Penstock-Source'] }],
  problems: [ambiguousUnit, tooManyBuckets, archiveTooLarge],
} as const
