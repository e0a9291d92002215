// The request for sums over a range, and their answer.

import type { AcrossDeps } from '@penstock/shared/reading/steady-months.ts'
import type { QueryLimits } from '../limits.ts'
import type { Span } from '../months/spans.ts'
import type { SeriesFilter } from '../queries.ts'
import type { BucketWidth, SumRow } from './sum-queries.ts'

export interface SumAsk extends Span {
  readonly filter: SeriesFilter
  readonly groupBy: string | undefined
  readonly width: BucketWidth
  /** True when buckets are hours or longer, and no percentiles are requested. */
  readonly byHours: boolean
  /** Fractions from 0 to 1. */
  readonly fractions: readonly number[]
}

export interface RangeSums {
  /** Oldest bucket first, then by group. */
  readonly rows: readonly SumRow[]
  /** The groups, indexed by the numbers in the rows. */
  readonly groups: readonly (string | null)[]
  /** The source of the answer, for the header `Penstock-Source`. */
  readonly source: string
}

export interface SumDeps extends AcrossDeps {
  readonly limits: QueryLimits
}
