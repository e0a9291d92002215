// Converts rows of rules to the wire format.
import { toWire } from '@penstock/shared/base/time.ts'
import type { Rule } from './contract.ts'
import type { ShownRule } from './rule-queries.ts'

/** Converts an instant that may be absent. */
export const wireOrNull = (ts: string | null): string | null => (ts === null ? null : toWire(ts))

export const toRule = (row: ShownRule): Rule => ({
  id: row.id,
  name: row.name,
  service_name: row.service_name,
  metric_type: row.metric_type,
  threshold_type: row.threshold_type,
  threshold_value: row.threshold_value,
  comparison_operator: row.comparison_operator,
  severity: row.severity,
  evaluation_window_seconds: row.evaluation_window_seconds,
  notification_channels: row.notification_channels,
  channel_ids: row.channel_ids,
  suppression_enabled: row.suppression_enabled,
  suppression_start: wireOrNull(row.suppression_start),
  suppression_end: wireOrNull(row.suppression_end),
  enabled: row.enabled,
  aggregate: row.aggregate,
  unit: row.unit,
  labels: row.labels,
  group_by: row.group_by,
  for_seconds: row.for_seconds,
  recover_seconds: row.recover_seconds,
  recover_value: row.recover_value,
  no_data: row.no_data,
  repeat_seconds: row.repeat_seconds,
  last_error: row.last_error,
  evaluated_at: wireOrNull(row.evaluated_at),
  created_by: row.created_by,
  created_at: toWire(row.created_at),
  updated_at: toWire(row.updated_at),
  version: row.version,
})
