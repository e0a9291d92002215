// Converts the memory of the state machine to a row and back.
import type { AlertRuleCreate } from '@penstock/shared/alerts/rule-schema.ts'
import { type AlertMemory, freshMemory } from '@penstock/shared/alerts/state-machine.ts'
import { formatTimestamp, fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import type { AlertStateRow, EvaluatedRule } from './state-queries.ts'

const read = (text: string | null): Micros | null => (text === null ? null : fromPostgres(text))
const write = (at: Micros | null): string | null => (at === null ? null : formatTimestamp(at))

/** Returns the memory of a row; a group that has none begins with a fresh one. */
export const memoryOf = (row: AlertStateRow | undefined): AlertMemory =>
  row === undefined
    ? freshMemory
    : {
        state: row.state,
        since: read(row.since),
        breachedSince: read(row.breached_since),
        clearedSince: read(row.cleared_since),
        openings: row.openings.map(fromPostgres),
        isFlapping: row.flapping,
        changedAt: read(row.changed_at),
        notifiedAt: read(row.notified_at),
      }

/** Returns the columns of a memory. */
export const columnsOfMemory = (memory: AlertMemory) => ({
  state: memory.state,
  since: write(memory.since),
  breached_since: write(memory.breachedSince),
  cleared_since: write(memory.clearedSince),
  openings: memory.openings.map(formatTimestamp),
  flapping: memory.isFlapping,
  changed_at: write(memory.changedAt),
  notified_at: write(memory.notifiedAt),
})

/** Returns a rule as the state machine and the readers take it. */
export const settingsOfRule = (row: EvaluatedRule): AlertRuleCreate => ({
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
  suppression_start: read(row.suppression_start),
  suppression_end: read(row.suppression_end),
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
})
