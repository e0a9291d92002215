// Limits on the work of one request. Measured on 5.2 million points, 2 cores, PostgreSQL 15, with row security.
import type { ArchiveLimits } from '@penstock/shared/reading/archive-reading.ts'

export interface QueryLimits extends ArchiveLimits {
  /** Maximum bytes of an answer. A page ends before it, with a cursor to the rest; an aggregate that would exceed it is refused. */
  readonly answerBytes: number
  /** Maximum entries of an aggregate: buckets times groups. */
  readonly buckets: number
  /** Maximum series that one aggregate sums. */
  readonly summedSeries: number
}

const MIB = 1024 * 1024

export const defaultLimits: QueryLimits = {
  answerBytes: 24 * MIB,
  buckets: 10_000,
  summedSeries: 100_000,
  // Five years, month by month.
  archiveObjects: 60,
  // About 16 million points: three seconds of work.
  archiveBytes: 64 * MIB,
  archiveSeries: 50_000,
  archiveMemory: 48 * MIB,
  // The percentiles of a month with a point per second.
  archiveShare: 48 * MIB,
}
