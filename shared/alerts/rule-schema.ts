// Alert rules on the wire: the fields of a rule with their limits, for the slice that stores rules and for the preview of one.
import { z } from 'zod'
import { brokenTextRule, text, timestamp } from '../base/wire.ts'
import { count, listOf, mapOf, onWire, uuid, wireInstant } from '../base/wire-schema.ts'

export const severities = ['info', 'warning', 'critical'] as const
const thresholdTypes = ['absolute', 'percentage', 'rate'] as const
const comparisonOperators = ['>', '<', '>=', '<=', '=='] as const
export const channelTypes = ['email', 'slack', 'sms', 'webhook'] as const
const aggregates = ['avg', 'min', 'max', 'sum', 'count', 'last'] as const
const noDataPolicies = ['keep', 'alert', 'resolve'] as const

const MAX_TITLE = 100
/** The names of series that arrive by third-party protocols have up to this many characters. */
const MAX_NAME = 200
const MAX_LABELS = 20
const MAX_LABEL = 4_096
const MAX_CHANNELS = 20
const MAX_WAIT_SECONDS = 86_400
const MAX_REPEAT_SECONDS = 604_800

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`)

const seconds = (min: number, max: number) =>
  z
    .int(`must be a whole number of seconds from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)

const threshold = onWire(z.number().positive('must be greater than 0'), { type: 'number', exclusiveMinimum: 0 })

const distinct = <T>(list: readonly T[]): boolean => new Set(list).size === list.length

const channelList = z
  .array(oneOf(channelTypes))
  .max(channelTypes.length, `must have at most ${channelTypes.length} types`)
  .refine(distinct, 'must not name a type twice')

const channelIds = z
  .array(z.guid('must be the id of a channel'))
  .max(MAX_CHANNELS, `must have at most ${MAX_CHANNELS} channels`)
  .refine(distinct, 'must not name a channel twice')

/** The names of labels with the text that each must have. */
const labels = onWire(
  z.record(z.string(), z.string()).superRefine((given, context) => {
    const entries = Object.entries(given)
    if (entries.length > MAX_LABELS)
      context.addIssue({ code: 'custom', message: `must have at most ${MAX_LABELS} labels` })
    for (const [name, value] of entries) {
      const broken = brokenTextRule(name, MAX_LABEL) ?? brokenTextRule(value, MAX_LABEL, 0)
      if (broken !== undefined) context.addIssue({ code: 'custom', path: [name], message: broken })
    }
  }),
  { type: 'object', additionalProperties: { type: 'string' } },
)

/** The fields of a rule that may be changed, each without its default. */
const changeable = {
  name: text(MAX_TITLE),
  threshold_value: threshold,
  comparison_operator: oneOf(comparisonOperators),
  severity: oneOf(severities),
  evaluation_window_seconds: seconds(60, 3_600),
  notification_channels: channelList,
  channel_ids: channelIds,
  suppression_enabled: z.boolean(),
  suppression_start: timestamp,
  suppression_end: timestamp,
  enabled: z.boolean(),
  aggregate: oneOf(aggregates),
  unit: text(MAX_NAME, 0),
  labels,
  for_seconds: seconds(0, MAX_WAIT_SECONDS),
  recover_seconds: seconds(0, MAX_WAIT_SECONDS),
  recover_value: z.number(),
  no_data: oneOf(noDataPolicies),
  repeat_seconds: seconds(0, MAX_REPEAT_SECONDS),
} as const

/** Makes a field optional: null counts as not sent, and then it has the given value. */
const orElse = <T extends z.ZodType, V>(field: T, value: V) => field.nullish().transform((sent) => sent ?? value)

/** A new rule. */
export const AlertRuleCreate = z
  .object({
    name: changeable.name,
    service_name: text(MAX_NAME),
    metric_type: text(MAX_NAME),
    threshold_type: oneOf(thresholdTypes),
    threshold_value: changeable.threshold_value,
    comparison_operator: changeable.comparison_operator,
    severity: changeable.severity,
    evaluation_window_seconds: orElse(changeable.evaluation_window_seconds, 300),
    notification_channels: orElse(channelList, []),
    channel_ids: orElse(channelIds, []),
    suppression_enabled: orElse(changeable.suppression_enabled, false),
    suppression_start: orElse(timestamp, null),
    suppression_end: orElse(timestamp, null),
    enabled: orElse(changeable.enabled, true),
    aggregate: orElse(changeable.aggregate, 'avg' as const),
    unit: orElse(changeable.unit, null),
    labels: orElse(labels, {} as Record<string, string>),
    group_by: orElse(text(MAX_LABEL), null),
    for_seconds: orElse(changeable.for_seconds, 0),
    recover_seconds: orElse(changeable.recover_seconds, 0),
    recover_value: orElse(changeable.recover_value, null),
    no_data: orElse(changeable.no_data, 'keep' as const),
    repeat_seconds: orElse(changeable.repeat_seconds, 0),
  })
  .superRefine((rule, context) => {
    for (const { field, message } of brokenPairs(rule)) context.addIssue({ code: 'custom', path: [field], message })
  })
  .meta({ title: 'AlertRuleCreate' })
export type AlertRuleCreate = z.output<typeof AlertRuleCreate>

const { name, threshold_value, comparison_operator, severity, ...others } = changeable
const nullish = <T extends z.ZodType>(field: T) => field.nullish().transform((sent) => sent ?? undefined)

/** The changed fields of a rule. Null counts as not sent. The series of a rule and its groups do not change. */
export const AlertRuleChange = z
  .object({
    name: nullish(name),
    threshold_value: nullish(threshold_value),
    comparison_operator: nullish(comparison_operator),
    severity: nullish(severity),
    evaluation_window_seconds: nullish(others.evaluation_window_seconds),
    notification_channels: nullish(others.notification_channels),
    channel_ids: nullish(others.channel_ids),
    suppression_enabled: nullish(others.suppression_enabled),
    suppression_start: nullish(others.suppression_start),
    suppression_end: nullish(others.suppression_end),
    enabled: nullish(others.enabled),
    aggregate: nullish(others.aggregate),
    unit: nullish(others.unit),
    labels: nullish(others.labels),
    for_seconds: nullish(others.for_seconds),
    recover_seconds: nullish(others.recover_seconds),
    recover_value: nullish(others.recover_value),
    no_data: nullish(others.no_data),
    repeat_seconds: nullish(others.repeat_seconds),
  })
  .meta({ title: 'AlertRuleChange' })
export type AlertRuleChange = z.output<typeof AlertRuleChange>

/** Returns the fields that contradict another field of the rule, each with the reason. */
export function brokenPairs(
  rule: Pick<
    AlertRuleCreate,
    'suppression_start' | 'suppression_end' | 'recover_value' | 'threshold_value' | 'comparison_operator'
  >,
): readonly { readonly field: string; readonly message: string }[] {
  const { suppression_start: start, suppression_end: end, recover_value: recover, threshold_value: limit } = rule
  const broken: { field: string; message: string }[] = []
  if (start !== null && end !== null && end <= start)
    broken.push({ field: 'suppression_end', message: 'must be later than suppression_start' })
  const isAbove = rule.comparison_operator.startsWith('>')
  if (recover !== null && rule.comparison_operator !== '==' && (isAbove ? recover > limit : recover < limit))
    broken.push({
      field: 'recover_value',
      message: `must not be ${isAbove ? 'greater' : 'less'} than threshold_value for the operator ${rule.comparison_operator}`,
    })
  return broken
}

/** A rule as it is answered. */
export const AlertRule = z
  .object({
    id: uuid,
    name: z.string(),
    service_name: z.string(),
    metric_type: z.string(),
    threshold_type: z.enum(thresholdTypes),
    threshold_value: z.number(),
    comparison_operator: z.enum(comparisonOperators),
    severity: z.enum(severities),
    evaluation_window_seconds: count,
    notification_channels: listOf(z.enum(channelTypes)).describe(
      'Types of channels: each enabled channel of these types is notified.',
    ),
    channel_ids: listOf(uuid).describe('Where it is not empty, only these channels are notified.'),
    suppression_enabled: z.boolean(),
    suppression_start: wireInstant.nullable(),
    suppression_end: wireInstant.nullable(),
    enabled: z.boolean(),
    aggregate: z.enum(aggregates),
    unit: z.string().nullable(),
    labels: mapOf(z.string()),
    group_by: z.string().nullable(),
    for_seconds: count,
    recover_seconds: count,
    recover_value: z.number().nullable(),
    no_data: z.enum(noDataPolicies),
    repeat_seconds: count,
    last_error: z.string().nullable().describe('Why the latest evaluation failed; null when it did not.'),
    evaluated_at: wireInstant.nullable().describe('When the rule was last evaluated.'),
    created_by: uuid.describe('The user who made it, or an id made from that of the key.'),
    created_at: wireInstant,
    updated_at: wireInstant,
    version: count.describe('Increases with every change; used as the ETag.'),
  })
  .meta({ title: 'AlertRule' })

const MAX_STEPS = 10_000
const MICROS = 1_000_000

/** A rule to try on the past, and the instants at which it is evaluated: each `step_seconds` from the start to the end, both included. */
export const AlertPreviewRequest = z
  .object({
    rule: AlertRuleCreate,
    start_time: timestamp,
    end_time: timestamp,
    step_seconds: orElse(seconds(10, 86_400), 60),
  })
  .superRefine(({ start_time, end_time, step_seconds }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', path: ['end_time'], message })
    if (end_time < start_time) refuse('must not be before start_time')
    else if ((end_time - start_time) / (step_seconds * MICROS) >= MAX_STEPS)
      refuse(`must make at most ${MAX_STEPS} steps of step_seconds`)
  })
  .meta({ title: 'AlertPreviewRequest' })
export type AlertPreviewRequest = z.output<typeof AlertPreviewRequest>

const group = z.string().nullable().describe('The text of the label by which the rule groups.')
const state = z.enum(['normal', 'pending', 'firing', 'recovering'])

/** The transitions and events that a rule would have had. */
export const AlertPreview = z
  .object({
    evaluations: count,
    transitions: listOf(
      z.object({ at: wireInstant, from: state, to: state, value: z.number().nullable(), group }),
    ).describe('In the order of time.'),
    events: listOf(
      z.object({
        triggered_at: wireInstant,
        resolved_at: wireInstant.nullable().describe('Null for an event that is open at the end.'),
        severity: z.enum(severities),
        metric_value: z.number().nullable(),
        threshold_value: z.number(),
        message: z.string(),
        resolution_method: z.enum(['auto', 'suppressed']).nullable(),
        group,
      }),
    ).describe('In the order of time.'),
    flapping: z.boolean().describe('Whether the rule was flapping at any time.'),
  })
  .meta({ title: 'AlertPreview' })
export type AlertPreview = z.output<typeof AlertPreview>
