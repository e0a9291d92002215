// The tables of points, of months and of roll-ups.
import { type OwnedTables, storesPoints } from '../base/slice-data.ts'

export const monthTables = {
  metric_series: { audit: storesPoints },
  metric_series_span: { audit: storesPoints },
  metric_point: { byMonth: true, audit: storesPoints },
  metric_log: { points: true, audit: storesPoints },
  metric_chunk: { points: true, audit: storesPoints },
  metric_hour: { audit: storesPoints },
  metric_expiry: { audit: storesPoints },
  row_month: { audit: storesPoints },
  deferred_point: { audit: storesPoints },
  answer_version: { triggered: true },
  store_state: { tenant: null },
  metric_month: { tenant: null },
  chunk_month: { tenant: null },
  metric_rollup: { byMonth: true, audit: storesPoints },
  rollup_mark: { tenant: null },
  rollup_invalidation: { audit: storesPoints },
} as const satisfies OwnedTables
