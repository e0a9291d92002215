// How much work one request may make. Measured on 5.2 million points, 2 cores, PostgreSQL 15, row security on.
import type { ArchiveLimits } from './months/archive-reading.ts'

export interface QueryLimits extends ArchiveLimits {
  /** Limit of an answer. A page ends before it, with a cursor to the rest; an aggregate that would exceed it is refused. */
  readonly answerBytes: number
  /** Entries of an aggregate: buckets times groups. */
  readonly buckets: number
  /** Series that one aggregate sums up. */
  readonly summedSeries: number
  /** Rows that merging a few series may read; above it a page is found by walking back in time. */
  readonly mergedRows: number
  /** Series whose ids are sent with each statement of a walk; above it the filter itself is. */
  readonly listedSeries: number
  /** Points that one stretch of a walk may hold; where there are more, a narrower one is tried. */
  readonly stretchPoints: number
  /** Points of the database that percentiles of weeks may need that are partly archived. */
  readonly mixedPoints: number
}

const MIB = 1024 * 1024

export const defaultLimits: QueryLimits = {
  answerBytes: 24 * MIB,
  buckets: 10_000,
  summedSeries: 100_000,
  // 10 series × 1,000 points: merged in 7 ms. 180 series: merged in 86 ms, walked in 5 ms.
  mergedRows: 20_000,
  // 5,000 ids cost a statement 6 ms, 10,000 cost 11 ms.
  listedSeries: 5_000,
  // Counting and sorting 50,000 takes 15 ms. Above the largest page.
  stretchPoints: 50_000,
  mixedPoints: 500_000,
  // Five years, month by month.
  archiveObjects: 60,
  // Some 16 million points: three seconds' work.
  archiveBytes: 64 * MIB,
  archiveSeries: 50_000,
  archiveMemory: 48 * MIB,
  // The percentiles of a month of seconds.
  archiveShare: 48 * MIB,
}
