// What is asked of sums over a range, and how they are answered.
import type { QueryLimits } from '../limits.ts'
import type { Span } from '../months/spans.ts'
import type { AcrossDeps } from '../months/steady-months.ts'
import type { SeriesFilter } from '../queries.ts'
import type { BucketWidth, SumRow } from './sum-queries.ts'

export interface SumAsk extends Span {
  readonly filter: SeriesFilter
  readonly groupBy: string | undefined
  readonly width: BucketWidth
  /** Buckets are hours or longer, and no percentiles are asked for. */
  readonly byHours: boolean
  /** From 0 to 1. */
  readonly fractions: readonly number[]
}

export interface RangeSums {
  /** Oldest bucket first, then by group. */
  readonly rows: readonly SumRow[]
  /** The groups, by the number that the rows give. */
  readonly groups: readonly (string | null)[]
  /** The source of the answer, for the header `Penstock-Source`. */
  readonly source: string
}

export interface SumDeps extends AcrossDeps {
  readonly limits: QueryLimits
}
