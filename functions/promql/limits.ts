// Limits on the work of one query.
import type { ReadLimits } from './stored/read-selections.ts'

export interface PromqlLimits extends ReadLimits {
  /** Maximum cells and points that the steps of an evaluation make, all together. */
  readonly samples: number
  /** Maximum steps of a range query, as in Prometheus. */
  readonly steps: number
  /** Maximum milliseconds of a query; `timeout` can only make it less. */
  readonly queryMs: number
  /** Maximum series that a list of series, labels or values reads. */
  readonly listedSeries: number
  /** Maximum entries of such a list. */
  readonly entries: number
  /** Maximum bytes of an answer. */
  readonly answerBytes: number
  /** Queries that an instance evaluates at a time, each of another tenant. */
  readonly atOnce: number
}

const MIB = 1024 * 1024

export const defaultLimits: PromqlLimits = {
  series: 20_000,
  // 16 bytes each, twice while they are joined.
  points: 2_000_000,
  // 9 bytes each.
  samples: 8_000_000,
  steps: 11_000,
  queryMs: 25_000,
  listedSeries: 200_000,
  entries: 50_000,
  answerBytes: 24 * MIB,
  atOnce: 2,
  archiveObjects: 60,
  archiveBytes: 64 * MIB,
  archiveSeries: 20_000,
  archiveMemory: 64 * MIB,
  archiveShare: 72 * MIB,
}
