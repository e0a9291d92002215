// Limits on the work of one request. Measured on 5.2 million points, 2 cores, PostgreSQL 15, with row security.
import type { ArchiveLimits } from '@penstock/shared/reading/archive-reading.ts'

export interface QueryLimits extends ArchiveLimits {
  /** Maximum bytes of an answer. A page ends before it, with a cursor to the rest; an aggregate that would exceed it is refused. */
  readonly answerBytes: number
  /** Maximum entries of an aggregate: buckets times groups. */
  readonly buckets: number
  /** Maximum series that one aggregate sums. */
  readonly summedSeries: number
  /** Maximum rows that merging a few series may read; above it a page is found by walking back in time. */
  readonly mergedRows: number
  /** Maximum series whose ids are sent with each statement of a walk; above it the filter itself is sent. */
  readonly listedSeries: number
  /** Maximum points of one step of a walk; when there are more, a narrower step is tried. */
  readonly stretchPoints: number
  /** Maximum points of the database that percentiles of partly archived weeks may need. */
  readonly mixedPoints: number
}

const MIB = 1024 * 1024

export const defaultLimits: QueryLimits = {
  answerBytes: 24 * MIB,
  buckets: 10_000,
  summedSeries: 100_000,
  // 10 series × 1,000 points are merged in 7 ms. 180 series are merged in 86 ms, or walked in 5 ms.
  mergedRows: 20_000,
  // 5,000 ids cost a statement 6 ms, 10,000 cost 11 ms.
  listedSeries: 5_000,
  // Counting and sorting 50,000 points takes 15 ms. Above the largest page.
  stretchPoints: 50_000,
  mixedPoints: 500_000,
  // Five years, month by month.
  archiveObjects: 60,
  // About 16 million points: three seconds of work.
  archiveBytes: 64 * MIB,
  archiveSeries: 50_000,
  archiveMemory: 48 * MIB,
  // The percentiles of a month with a point per second.
  archiveShare: 48 * MIB,
}
