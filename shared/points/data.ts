// The tables of points, of their months and of their roll-ups.
import { type OwnedTables, storesPoints } from '../base/slice-data.ts'

export const pointTables = {
  metric_series: { audit: storesPoints },
  metric_series_span: { audit: storesPoints },
  metric_log: { points: true, audit: storesPoints },
  metric_chunk: { points: true, audit: storesPoints },
  metric_hour: { audit: storesPoints },
  metric_expiry: { audit: storesPoints },
  store_state: { tenant: null },
  chunk_month: { tenant: null },
} as const satisfies OwnedTables
