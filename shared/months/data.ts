// The tables of points, of months and of roll-ups.
import type { OwnedTables } from '../base/slice-data.ts'

export const monthTables = {
  metric_series: {},
  metric_series_span: {},
  metric_point: { byMonth: true },
  metric_log: { points: true },
  metric_chunk: { points: true },
  metric_hour: {},
  metric_expiry: {},
  row_month: {},
  deferred_point: {},
  answer_version: { triggered: true },
  store_state: { tenant: null },
  metric_month: { tenant: null },
  chunk_month: { tenant: null },
  metric_rollup: { byMonth: true },
  rollup_mark: { tenant: null },
  rollup_invalidation: {},
} as const satisfies OwnedTables
