// Requests and answers of alerts: rules, history, channels, notifications, and the evaluation that the scheduler starts.
import { AlertRule, AlertRuleChange, AlertRuleCreate, severities } from '@penstock/shared/alerts/rule-schema.ts'
import { changed, notFound, type ProblemKind, quotaExceeded } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, sentTimestamp, text, type Unaudited, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_PAGE = 100_000
const MAX_COMMENT = 1_000

const flag = onWire(
  z.enum(['true', 'false'], 'must be true or false').transform((sent) => sent === 'true'),
  { type: 'boolean' },
)
const severity = z.enum(severities, `must be one of ${severities.join(', ')}`)
const page = { page: wholeNumber(1, MAX_PAGE).default(1), page_size: wholeNumber(1, 100).default(50) }

const period = { start_date: sentTimestamp.optional(), end_date: sentTimestamp.optional() }
const serviceName = text(200).optional()

export const RuleListQuery = z.object({
  service_name: serviceName,
  enabled: flag.optional(),
  severity: severity.optional(),
  ...page,
})
export type RuleListQuery = z.output<typeof RuleListQuery>

export const HistoryQuery = z.object({
  service_name: serviceName,
  severity: severity.optional(),
  ...period,
  resolved: flag.optional(),
  ...page,
})
export type HistoryQuery = z.output<typeof HistoryQuery>

export const AnalyticsQuery = z.object({ service_name: serviceName, ...period })
export type AnalyticsQuery = z.output<typeof AnalyticsQuery>

export const ResolveRequest = z.object({ comment: text(MAX_COMMENT, 0).nullish() }).meta({ title: 'AlertEventResolve' })
export type ResolveRequest = z.output<typeof ResolveRequest>

/** Without a tenant, every tenant's rules are evaluated. */
export const EvaluateRequest = z
  .object({
    tenant: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/, 'must be the name of a tenant')
      .nullish(),
  })
  .meta({ title: 'AlertEvaluation' })
export type EvaluateRequest = z.output<typeof EvaluateRequest>

const instantOrNull = wireInstant.nullable()

export type Rule = z.output<typeof AlertRule>

const RulePage = z
  .object({ alerts: listOf(AlertRule), total: count, page: count, page_size: count })
  .meta({ title: 'AlertRulePage' })
export type RulePage = z.output<typeof RulePage>

const Event = z
  .object({
    id: uuid,
    alert_config_id: uuid.describe('The id of the rule.'),
    group: z.string().nullable().describe('The text of the label by which the rule groups.'),
    triggered_at: wireInstant,
    resolved_at: instantOrNull,
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
export type Event = z.output<typeof Event>

const EventPage = z
  .object({ history: listOf(Event), total: count, page: count, page_size: count })
  .meta({ title: 'AlertEventPage' })
export type EventPage = z.output<typeof EventPage>

const Analytics = z
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

const Evaluation = z
  .object({
    status: z.literal('success'),
    total_evaluated: count,
    triggered: count,
    resolved: count,
    suppressed: count,
    no_data: count,
    errors: count.describe('Rules whose evaluation failed; each says why in its `last_error`.'),
    more: z.boolean().describe('True when work is left, which the next run does.'),
  })
  .meta({ title: 'AlertEvaluationResult' })
export type Evaluation = z.output<typeof Evaluation>

export const alreadyResolved: ProblemKind = {
  slug: 'already-resolved',
  status: 409,
  title: 'The event was resolved before',
}

const alerts = '/api/v1/monitoring/alerts'
const ofRule = `${alerts}/{id}` as const
const reading = { method: 'GET', scope: 'alerts:read', users: true, audit: readsOnly } as const
const writing = { scope: 'alerts:write', users: 'owner' } as const
const one = [{ schema: AlertRule, headers: ['ETag'] }] as const
const evaluates: Unaudited = { unaudited: 'The history of events is the record of what was decided.' }

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  create: {
    ...writing,
    method: 'POST',
    path: alerts,
    summary: 'Create an alert rule',
    body: AlertRuleCreate,
    answer: [{ status: 201, schema: AlertRule, headers: ['ETag'] }],
    problems: [quotaExceeded],
    audit: 'alert_rule.create',
  },
  list: {
    ...reading,
    path: alerts,
    summary: 'List alert rules, newest first',
    query: RuleListQuery,
    answer: RulePage,
    problems: [],
  },
  rule: {
    ...reading,
    path: ofRule,
    summary: 'Read one alert rule',
    answer: one,
    problems: [notFound],
  },
  change: {
    ...writing,
    method: 'PATCH',
    path: ofRule,
    summary: 'Change the fields of an alert rule that are sent',
    body: AlertRuleChange,
    reads: ['If-Match'],
    answer: one,
    problems: [notFound, changed],
    audit: 'alert_rule.update',
  },
  remove: {
    ...writing,
    method: 'DELETE',
    path: ofRule,
    summary: 'Delete an alert rule with its history and its pending notifications',
    reads: ['If-Match'],
    answer: [{ status: 204 }],
    problems: [notFound, changed],
    audit: 'alert_rule.delete',
  },
  history: {
    ...reading,
    path: `${alerts}/history`,
    summary: 'List alert events, newest first',
    query: HistoryQuery,
    answer: EventPage,
    problems: [],
  },
  analytics: {
    ...reading,
    path: `${alerts}/history/analytics`,
    summary: 'Read how many alerts there were, by service, type and day',
    query: AnalyticsQuery,
    answer: Analytics,
    problems: [],
  },
  resolve: {
    ...writing,
    method: 'POST',
    path: `${alerts}/history/{id}/resolve`,
    summary: 'Resolve an open alert event by hand',
    body: ResolveRequest,
    answer: Event,
    problems: [notFound, alreadyResolved],
    audit: 'alert_event.resolve',
  },
  evaluate: {
    method: 'POST',
    path: `${alerts}/evaluate`,
    scope: 'operate',
    service: true,
    summary: 'Evaluate the alert rules',
    documentedBody: { schema: EvaluateRequest, optional: true },
    answer: Evaluation,
    problems: [notFound],
    audit: evaluates,
  },
} as const satisfies Routes
