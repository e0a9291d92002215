// Durations in buckets, which can be added over instances and subtracted over time, so that a percentile of all of them can be computed.

/** The bounds of the buckets: each bucket is 10 % wider than the one before, so a percentile is within 5 % of the exact one. */
export const BUCKETS = 140
export const FIRST_MS = 0.1
export const GROWTH = 1.1

export interface Histogram {
  /** Adds one duration in milliseconds. The first and the last bucket take what lies outside: less than 0.1 ms, and 57 s or more. */
  add(ms: number): void
  /** Returns the buckets that are not empty, as one list of index and count in turn. */
  toList(): readonly number[]
}

const STEP = Math.log(GROWTH)

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS)
  return {
    add(ms) {
      const index = ms > FIRST_MS ? Math.floor(Math.log(ms / FIRST_MS) / STEP) : 0
      const bucket = Math.min(index, BUCKETS - 1)
      counts[bucket] = (counts[bucket] ?? 0) + 1
    },
    toList: () => Array.from(counts).flatMap((count, index) => (count > 0 ? [index, count] : [])),
  }
}
