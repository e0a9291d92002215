import type { ColumnType, Generated } from 'kysely'

/** The owner of rows. Names never change. */
export interface TenantTable {
  readonly id: Generated<number>
  readonly name: string
  status: Generated<'active' | 'suspended'>
  series_limit: Generated<number>
  /** Active series, which count against the limit. */
  series_count: Generated<number>
  /** Number of series that were ever made; never decreases. */
  series_made: ColumnType<string, string | undefined, string>
  /** The time at which retention last counted the active series. */
  series_counted_at: Generated<string>
  /** Incremented when series are erased or become inactive. */
  series_epoch: ColumnType<string, string | undefined, string>
  ignored_labels: Generated<string[]>
  plan: Generated<string>
  readonly created_at: Generated<string>
}
