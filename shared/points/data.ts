// The tables of points, of their months and of their roll-ups.
import type { OwnedTables } from '../base/slice-data.ts'

export const pointTables = {
  metric_series: {},
  metric_series_span: {},
  metric_log: { points: true },
  metric_chunk: { points: true },
  metric_hour: {},
  metric_expiry: {},
  store_state: { tenant: null },
  chunk_month: { tenant: null },
} as const satisfies OwnedTables
