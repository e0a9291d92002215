// Sums of archived points per bucket and group, equal to those of a statement over the same points in the database.

import type { Run } from '@penstock/shared/archive/metric-parquet-rows.ts'
import { DAY, HOUR, MINUTE, type Micros, monthOf, monthStart } from '@penstock/shared/base/time.ts'
import type { BucketWidth } from './sum-queries.ts'

export interface Sums {
  /** First instant of the bucket. */
  readonly bucket: Micros
  readonly group: number
  count: number
  total: number
  low: number
  high: number
  /** Every value, when percentiles are requested. */
  readonly values: Float64Array[]
}

/** Sums up runs. */
export interface SumAccumulator {
  add(run: Run, group: number): void
  /** Number of buckets times groups so far. */
  size(): number
  /** Returns the sums by bucket, then by group. */
  sums(): readonly Sums[]
}

/** Begins with empty sums. `keepsValues` is true when percentiles are requested. */
export function beginSums(width: BucketWidth, keepsValues: boolean): SumAccumulator {
  const found = new Map<number, Map<Micros, Sums>>()
  const endOf = bucketEnds[width]
  let size = 0
  return {
    add({ at, value }, group) {
      const buckets = found.get(group) ?? new Map<Micros, Sums>()
      found.set(group, buckets)
      for (let begin = 0; begin < at.length; ) {
        const [bucket, behind] = endOf(at[begin] ?? 0)
        let end = begin + 1
        while (end < at.length && (at[end] ?? 0) < behind) end++
        const sums = buckets.get(bucket) ?? emptySums(bucket, group)
        if (sums.count === 0) size++
        buckets.set(bucket, sums)
        addValues(sums, value.subarray(begin, end))
        if (keepsValues) sums.values.push(value.slice(begin, end))
        begin = end
      }
    },
    size: () => size,
    sums: () =>
      [...found.values()]
        .flatMap((buckets) => [...buckets.values()])
        .sort((a, b) => a.bucket - b.bucket || a.group - b.group),
  }
}

const emptySums = (bucket: Micros, group: number): Sums => ({
  bucket,
  group,
  count: 0,
  total: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
  values: [],
})

function addValues(sums: Sums, values: Float64Array): void {
  let { total, low, high } = sums
  for (const value of values) {
    total += value
    if (value < low) low = value
    if (value > high) high = value
  }
  Object.assign(sums, { count: sums.count + values.length, total, low, high })
}

/** Returns the bucket of an instant, and the beginning of the next one. */
type BucketOf = (at: Micros) => readonly [start: Micros, end: Micros]

const ofLength =
  (length: Micros, origin = 0): BucketOf =>
  (at) => {
    const start = origin + Math.floor((at - origin) / length) * length
    return [start, start + length]
  }

const A_MONDAY = monthStart('1969-12-01')

/** Returns the first instant of an instant's bucket. */
export const bucketOf =
  (width: BucketWidth) =>
  (at: Micros): Micros =>
    bucketEnds[width](at)[0]

const bucketEnds: Readonly<Record<BucketWidth, BucketOf>> = {
  '1 minute': ofLength(MINUTE),
  '5 minutes': ofLength(5 * MINUTE),
  '15 minutes': ofLength(15 * MINUTE),
  '1 hour': ofLength(HOUR),
  '1 day': ofLength(DAY),
  '7 days': ofLength(7 * DAY, A_MONDAY),
  // The end may be infinite, because no run is longer than its month.
  '1 month': (at) => [monthStart(monthOf(at)), Number.POSITIVE_INFINITY],
}

/** Computes percentile_cont exactly like PostgreSQL. Fractions are from 0 to 1. */
export function percentilesOf(parts: readonly Float64Array[], fractions: readonly number[]): readonly number[] {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let length = 0
  for (const part of parts) {
    values.set(part, length)
    length += part.length
  }
  values.sort()
  return fractions.map((fraction) => {
    const place = fraction * (length - 1)
    const [below, above] = [values[Math.floor(place)] ?? 0, values[Math.ceil(place)] ?? 0]
    return below === above ? below : below + (place - Math.floor(place)) * (above - below)
  })
}
