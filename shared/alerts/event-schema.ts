// The events of alert rules on the wire, and the counts of them.
import { z } from 'zod'
import { count, listOf, onWire, uuid, wireInstant } from '../base/wire-schema.ts'
import { severities } from './rule-schema.ts'

export const AlertEvent = z
  .object({
    id: uuid,
    alert_config_id: uuid.describe('The id of the rule.'),
    group: z.string().nullable().describe('The text of the label by which the rule groups.'),
    triggered_at: wireInstant,
    resolved_at: wireInstant.nullable(),
    severity: z.enum(severities),
    metric_value: z.number().nullable().describe('Null for an event of a rule that had no data.'),
    threshold_value: z.number(),
    message: z.string(),
    notification_sent: z.boolean(),
    notification_channels: listOf(z.string()).describe('The types of channels by which it was sent.'),
    resolution_method: z.enum(['auto', 'suppressed', 'manual']).nullable(),
    resolved_by: z.string().nullable(),
    comment: z.string().nullable(),
  })
  .meta({ title: 'AlertEvent' })
export type AlertEvent = z.output<typeof AlertEvent>

export const EventPage = z
  .object({ history: listOf(AlertEvent), total: count, page: count, page_size: count })
  .meta({ title: 'AlertEventPage' })
export type EventPage = z.output<typeof EventPage>

export const Analytics = z
  .object({
    period_start: z.string().describe('As sent; by default 30 days before the end.'),
    period_end: z.string().describe('As sent; by default now.'),
    total_alerts: count,
    active_alerts: count,
    resolved_alerts: count,
    mean_time_to_resolution_minutes: z.number().nullable(),
    alert_frequency_by_service: listOf(
      z.object({
        service_name: z.string(),
        total_alerts: count,
        critical_alerts: count,
        warning_alerts: count,
        info_alerts: count,
        avg_alerts_per_day: z.number(),
      }),
    ),
    most_common_alert_types: listOf(
      z.object({
        metric_type: z.string(),
        service_name: z.string(),
        alert_count: count,
        avg_metric_value: z.number().nullable(),
      }),
    ).describe('At most ten, most frequent first.'),
    alert_trends: listOf(
      z.object({
        date: onWire(z.string(), { type: 'string', format: 'date' }),
        total_alerts: count,
        critical_alerts: count,
        warning_alerts: count,
        info_alerts: count,
      }),
    ),
  })
  .meta({ title: 'AlertAnalytics' })
export type Analytics = z.output<typeof Analytics>
