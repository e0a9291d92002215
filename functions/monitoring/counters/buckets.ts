// Durations in the buckets of shared/report/histogram.ts. Histograms are added and subtracted; percentiles are computed last, never averaged.
import { BUCKETS, FIRST_MS, GROWTH } from '@penstock/shared/report/histogram.ts'

/** The buckets that are not empty, as one list of index and count in turn. */
export type BucketList = readonly number[]

/** Adds histograms. */
export const addBuckets = (lists: readonly BucketList[]): BucketList => {
  const counts = new Float64Array(BUCKETS)
  for (const list of lists) addTo(counts, list, 1)
  return toList(counts)
}

/** Subtracts an earlier histogram of the same instance. No count of the result is negative. */
export function subtractBuckets(now: BucketList, before: BucketList): BucketList {
  const counts = new Float64Array(BUCKETS)
  addTo(counts, now, 1)
  addTo(counts, before, -1)
  return toList(counts)
}

/** Returns the number of durations. */
export const countOf = (list: BucketList): number =>
  list.reduce((sum, value, i) => (i % 2 === 1 ? sum + value : sum), 0)

/**
 * Returns the duration in milliseconds that the given share of all durations does not exceed: the middle of its bucket, which is within 5 %
 * of the exact value. Null when there is none.
 */
export function percentile(list: BucketList, share: number): number | null {
  const wanted = share * countOf(list)
  let seen = 0
  for (let i = 0; i < list.length; i += 2) {
    seen += list[i + 1] ?? 0
    if (seen > 0 && seen >= wanted) return FIRST_MS * GROWTH ** ((list[i] ?? 0) + 0.5)
  }
  return null
}

/** Returns the number of durations below each bound, where `bounds` are indexes of buckets in ascending order. */
export function cumulative(list: BucketList, bounds: readonly number[]): readonly number[] {
  const counts = new Float64Array(BUCKETS)
  addTo(counts, list, 1)
  let next = 0
  let seen = 0
  return bounds.map((bound) => {
    for (; next < bound; next++) seen += counts[next] ?? 0
    return seen
  })
}

/** Returns the milliseconds at which a bucket begins. */
export const boundOf = (index: number): number => FIRST_MS * GROWTH ** index

function addTo(counts: Float64Array, list: BucketList, sign: 1 | -1): void {
  for (let i = 0; i < list.length; i += 2) {
    const index = Math.min(Math.max(Math.trunc(list[i] ?? 0), 0), BUCKETS - 1)
    counts[index] = (counts[index] ?? 0) + sign * (list[i + 1] ?? 0)
  }
}

const toList = (counts: Float64Array): BucketList =>
  Array.from(counts).flatMap((count, index) => (count > 0 ? [index, count] : []))
