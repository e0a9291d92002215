// The tables of months and of their roll-ups.
import type { OwnedTables } from '../base/slice-data.ts'

export const monthTables = {
  metric_month: { tenant: null },
  chunk_month: { tenant: null },
  metric_rollup: { byMonth: true },
  rollup_mark: { tenant: null },
  rollup_invalidation: {},
} as const satisfies OwnedTables
