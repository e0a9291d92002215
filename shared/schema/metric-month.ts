import type { ColumnType, Generated } from 'kysely'

export type MonthState = 'live' | 'sealed' | 'written' | 'verified' | 'cold' | 'detached' | 'dropped' | 'expired'

/** Where the points of a UTC calendar month are. A month without a row was never made. Only a live month accepts points. */
export interface MetricMonthTable {
  /** First day of the month: `2026-11-01`. */
  readonly month: ColumnType<string, string, never>
  state: MonthState
  changed_at: Generated<string>
  /** When late points last brought the month back into the database. */
  reopened_at: Generated<string | null>
}
