import type { Generated } from 'kysely'

/** The aggregate of a series' points in one hour. Partitioned by the UTC month of `bucket`, the first instant of that hour. */
export interface MetricRollupTable {
  readonly tenant_id: number
  readonly series_id: number
  readonly bucket: string
  count: string
  sum: number
  min: number
  max: number
}

/** One row with the two marks. A write below the fence records an invalidation; roll-ups are complete below the watermark. */
export interface RollupMarkTable {
  readonly single: Generated<boolean>
  fence: Generated<string>
  watermark: Generated<string>
}

/** An hour of a series whose roll-up must be computed again. Append-only and deliberately without a unique key. */
export interface RollupInvalidationTable {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly series_id: number
  readonly bucket: string
}
