// The request for sums over a range, and their answer.
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import type { AcrossDeps } from '@penstock/shared/reading/across-objects.ts'
import type { QueryLimits } from '../limits.ts'
import type { SeriesFilter } from '../queries.ts'
import type { BucketWidth } from './buckets.ts'

export interface SumAsk extends TimeRange {
  readonly filter: SeriesFilter
  readonly groupBy: string | undefined
  readonly width: BucketWidth
  /** True when buckets are hours or longer, and no percentiles are requested. */
  readonly byHours: boolean
  /** Fractions from 0 to 1. */
  readonly fractions: readonly number[]
}

/** The sums of a bucket and group. */
export interface SumRow {
  readonly bucket: string
  readonly group_no: number
  readonly count: number
  readonly total: number
  readonly low: number
  readonly high: number
  /** One for each requested fraction, in their order. */
  readonly percentiles: readonly number[]
}

export interface RangeSums {
  /** Oldest bucket first, then by group. */
  readonly rows: readonly SumRow[]
  /** The groups, indexed by the numbers in the rows. */
  readonly groups: readonly (string | null)[]
  /** The unit of the points: none when there are no points, otherwise one. */
  readonly units: readonly string[]
  /** The source of the answer, for the header `Penstock-Source`. */
  readonly source: string
}

export interface SumDeps extends AcrossDeps {
  readonly limits: QueryLimits
}
