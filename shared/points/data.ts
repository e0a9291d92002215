// The tables of points and of what is computed from them.
import type { OwnedTables } from '../base/slice-data.ts'

export const pointTables = {
  metric_series: {},
  metric_series_span: {},
  metric_point: { byMonth: true },
  metric_log: { points: true },
  metric_chunk: { points: true },
  metric_hour: {},
  metric_expiry: {},
  deferred_point: {},
  answer_version: { triggered: true },
  store_state: { tenant: null },
} as const satisfies OwnedTables
