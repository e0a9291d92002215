// The arithmetic of trends: figures of a period, changes in percent, the moving average and the slope.

import { DAY, type Micros } from '@penstock/shared/base/time.ts'
import type { MetricTrends } from '../trends-contract.ts'

/** The sums of a bucket that has points. */
export interface BucketSums {
  readonly count: number
  readonly total: number
  readonly low: number
  readonly high: number
}

/** The share of the mean by which the slope must change a period's value before it counts as rising or falling. */
const FLAT_SHARE = 0.01
/** The share of the variance that the line must explain before it counts as rising or falling. */
const FLAT_FIT = 0.1

export const meanOf = ({ total, count }: Pick<BucketSums, 'total' | 'count'>): number => total / count

/** Returns the figures of a period, from its buckets in the order of time. */
export function figuresOf(buckets: Iterable<BucketSums>): MetricTrends['current'] {
  let [count, total, low, high] = [0, 0, Infinity, -Infinity]
  for (const bucket of buckets) {
    count += bucket.count
    total += bucket.total
    low = Math.min(low, bucket.low)
    high = Math.max(high, bucket.high)
  }
  if (count === 0) return { avg_value: null, min_value: null, max_value: null, sum_value: 0, count: 0 }
  return { avg_value: total / count, min_value: low, max_value: high, sum_value: total, count }
}

/** Returns the change in percent of the absolute value before; null when that is 0 or missing, or the result exceeds a double. */
export function percentageOf(value: number | null, before: number | null): number | null {
  if (value === null || before === null || before === 0) return null
  const change = ((value - before) / Math.abs(before)) * 100
  return Number.isFinite(change) ? change : null
}

/** Returns the mean of all points of each bucket and the `length - 1` before it; null where none of them has a point. */
export function movingAverage(
  buckets: readonly (BucketSums | undefined)[],
  length: number,
): readonly (number | null)[] {
  return buckets.map((_, at) => {
    let [count, total] = [0, 0]
    for (let i = Math.max(0, at - length + 1); i <= at; i++) {
      count += buckets[i]?.count ?? 0
      total += buckets[i]?.total ?? 0
    }
    return count === 0 ? null : total / count
  })
}

/**
 * Returns the least-squares line through points of time and value. The direction is flat when the line changes the value by less than 1 % of
 * the mean over the length of the range, or explains less than a tenth of the variance.
 */
export function trendOf(
  points: readonly (readonly [at: Micros, value: number])[],
  length: Micros,
  mean: number | null,
): MetricTrends['trend'] {
  const [first] = points
  if (first === undefined || points.length < 2) return { slope_per_day: null, r_squared: null, direction: 'flat' }
  const days = points.map(([at]) => (at - first[0]) / DAY)
  const values = points.map(([, value]) => value)
  const [middleDay, middle] = [average(days), average(values)]
  let [across, together] = [0, 0]
  for (const [i, day] of days.entries()) {
    across += (day - middleDay) ** 2
    together += (day - middleDay) * ((values[i] as number) - middle)
  }
  const slope = together / across
  const fit = fitOf(values, middle, slope * together)
  const change = Math.abs(slope * (length / DAY))
  const isFlat = change < FLAT_SHARE * Math.abs(mean ?? 0) || (fit ?? 0) < FLAT_FIT
  return { slope_per_day: slope, r_squared: fit, direction: isFlat ? 'flat' : slope > 0 ? 'rising' : 'falling' }
}

const average = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Returns the share of the variance that the line explains; null when the values do not vary or their squares exceed a double. */
function fitOf(values: readonly number[], middle: number, explained: number): number | null {
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  const fit = explained / variance
  return Number.isFinite(fit) ? Math.min(1, Math.max(0, fit)) : null
}
