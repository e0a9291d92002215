// Requests and answers of alerts: rules, history, channels, notifications, and the evaluation that the scheduler starts.
import {
  ChannelChange,
  ChannelCreate,
  ChannelList,
  ChannelTest,
  ChannelWithSecret,
  NotificationList,
  notificationStates,
} from '@penstock/shared/alerts/channel-schema.ts'
import { AlertEvent, Analytics, EventPage } from '@penstock/shared/alerts/event-schema.ts'
import { AlertRule, AlertRuleChange, AlertRuleCreate, severities } from '@penstock/shared/alerts/rule-schema.ts'
import { changed, notFound, type ProblemKind, quotaExceeded } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, sentTimestamp, text, type Unaudited, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire } from '@penstock/shared/base/wire-schema.ts'
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
const id = onWire(z.guid('must be a UUID'), { type: 'string', format: 'uuid' })
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

export const NotificationQuery = z.object({
  event_id: id.optional(),
  state: z.enum(notificationStates, `must be one of ${notificationStates.join(', ')}`).optional(),
  limit: wholeNumber(1, 200).default(50),
})
export type NotificationQuery = z.output<typeof NotificationQuery>

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

export type Rule = z.output<typeof AlertRule>

const RulePage = z
  .object({ alerts: listOf(AlertRule), total: count, page: count, page_size: count })
  .meta({ title: 'AlertRulePage' })
export type RulePage = z.output<typeof RulePage>

const Evaluation = z
  .object({
    status: z.literal('success'),
    total_evaluated: count,
    triggered: count,
    resolved: count,
    suppressed: count,
    no_data: count,
    errors: count.describe('Rules whose evaluation failed; each says why in its `last_error`.'),
    notifications: z
      .object({
        sent: count,
        failed: count.describe('Notifications that will not be tried again.'),
        pending: count.describe('Notifications whose attempt failed, and that are tried again later.'),
      })
      .describe('What the run did with notifications that were due.'),
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
const channels = `${alerts}/channels` as const
const ofChannel = `${channels}/{id}` as const
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
    answer: AlertEvent,
    problems: [notFound, alreadyResolved],
    audit: 'alert_event.resolve',
  },
  channels: {
    ...reading,
    path: channels,
    summary: 'List the notification channels, newest first',
    answer: ChannelList,
    problems: [],
  },
  createChannel: {
    ...writing,
    method: 'POST',
    path: channels,
    summary: 'Create a notification channel',
    body: ChannelCreate,
    answer: [{ status: 201, schema: ChannelWithSecret, headers: ['ETag'] }],
    problems: [quotaExceeded],
    audit: 'notification_channel.create',
  },
  changeChannel: {
    ...writing,
    method: 'PATCH',
    path: ofChannel,
    summary: 'Change the fields of a notification channel that are sent',
    body: ChannelChange,
    reads: ['If-Match'],
    answer: [{ schema: ChannelWithSecret, headers: ['ETag'] }],
    problems: [notFound, changed],
    audit: 'notification_channel.update',
  },
  removeChannel: {
    ...writing,
    method: 'DELETE',
    path: ofChannel,
    summary: 'Delete a notification channel',
    reads: ['If-Match'],
    answer: [{ status: 204 }],
    problems: [notFound, changed],
    audit: 'notification_channel.delete',
  },
  testChannel: {
    ...writing,
    method: 'POST',
    path: `${ofChannel}/test`,
    summary: 'Queue a test notification for a channel',
    answer: [{ status: 202, schema: ChannelTest }],
    problems: [notFound, quotaExceeded],
    audit: { unaudited: 'It sends a message and changes nothing.' },
  },
  notifications: {
    ...reading,
    path: `${alerts}/notifications`,
    summary: 'List what was sent to channels and what waits to be sent, newest first',
    query: NotificationQuery,
    answer: NotificationList,
    problems: [],
  },
  evaluate: {
    method: 'POST',
    path: `${alerts}/evaluate`,
    scope: 'operate',
    service: true,
    summary: 'Evaluate the alert rules, and send the notifications that are due',
    documentedBody: { schema: EvaluateRequest, optional: true },
    answer: Evaluation,
    problems: [notFound],
    audit: evaluates,
  },
} as const satisfies Routes
