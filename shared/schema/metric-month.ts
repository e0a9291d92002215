import type { ColumnType, Generated } from 'kysely'

export type MonthState = 'live' | 'sealed' | 'written' | 'verified' | 'cold' | 'detached' | 'dropped' | 'expired'

/** The location of the points of a UTC calendar month. A month without a row was never made. Only a live month accepts points. */
export interface MetricMonthTable {
  /** First day of the month: `2026-11-01`. */
  readonly month: ColumnType<string, string, never>
  state: MonthState
  changed_at: Generated<string>
  /** The last time that late points brought the month back into the database. */
  reopened_at: Generated<string | null>
}
