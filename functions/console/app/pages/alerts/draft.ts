// A rule as it is typed, and as it is sent.
import type { AlertRule, AlertRuleChange, AlertRuleCreate } from '@penstock/client/api.ts'

type Threshold = AlertRuleCreate['threshold_type']
type Operator = AlertRuleCreate['comparison_operator']
type Severity = AlertRuleCreate['severity']
type Aggregate = NonNullable<AlertRuleCreate['aggregate']>

export interface Draft {
  readonly name: string
  readonly service: string
  readonly metric: string
  readonly unit: string
  readonly aggregate: Aggregate
  readonly threshold: Threshold
  readonly operator: Operator
  readonly value: string
  readonly severity: Severity
  readonly window: string
  readonly wait: string
  /** Ids of the channels that are notified. */
  readonly channels: readonly string[]
}

export const emptyDraft: Draft = {
  name: '',
  service: '',
  metric: '',
  unit: '',
  aggregate: 'avg',
  threshold: 'absolute',
  operator: '>',
  value: '',
  severity: 'warning',
  window: '300',
  wait: '0',
  channels: [],
}

export type ChoiceName = 'aggregate' | 'threshold' | 'operator' | 'severity' | 'window' | 'wait'
type Choices = { readonly [Name in ChoiceName]: readonly (readonly [value: Draft[Name], text: string])[] }

/** The values of each choice with their names. */
const choices: Choices = {
  aggregate: [
    ['avg', 'Average'],
    ['max', 'Maximum'],
    ['min', 'Minimum'],
    ['sum', 'Sum'],
    ['count', 'Count'],
    ['last', 'Last value'],
  ],
  threshold: [
    ['absolute', 'Value'],
    ['percentage', 'Change in %'],
    ['rate', 'Change a second'],
  ],
  operator: [
    ['>', 'above'],
    ['>=', 'at or above'],
    ['<', 'below'],
    ['<=', 'at or below'],
    ['==', 'exactly'],
  ],
  severity: [
    ['info', 'Info'],
    ['warning', 'Warning'],
    ['critical', 'Critical'],
  ],
  window: [
    ['60', '1 minute'],
    ['300', '5 minutes'],
    ['900', '15 minutes'],
    ['3600', '1 hour'],
  ],
  wait: [
    ['0', 'at once'],
    ['300', 'after 5 minutes'],
    ['900', 'after 15 minutes'],
    ['3600', 'after 1 hour'],
  ],
}

/** Returns the rule to send; undefined while something is missing. */
export function ruleOf(draft: Draft): AlertRuleCreate | undefined {
  const value = Number(draft.value)
  const name = draft.name.trim() || `${draft.metric} of ${draft.service}`.slice(0, 100)
  if (draft.service === '' || draft.metric === '' || draft.value.trim() === '' || !(value > 0)) return undefined
  return {
    name,
    service_name: draft.service,
    metric_type: draft.metric,
    threshold_type: draft.threshold,
    threshold_value: value,
    comparison_operator: draft.operator,
    severity: draft.severity,
    aggregate: draft.aggregate,
    evaluation_window_seconds: Number(draft.window),
    for_seconds: Number(draft.wait),
    channel_ids: draft.channels,
    ...(draft.unit.trim() === '' ? {} : { unit: draft.unit.trim() }),
  }
}

/** Returns a stored rule as it is typed. */
export const draftOf = (rule: AlertRule): Draft => ({
  name: rule.name,
  service: rule.service_name,
  metric: rule.metric_type,
  unit: rule.unit ?? '',
  aggregate: rule.aggregate,
  threshold: rule.threshold_type,
  operator: rule.comparison_operator,
  value: String(rule.threshold_value),
  severity: rule.severity,
  window: String(rule.evaluation_window_seconds),
  wait: String(rule.for_seconds),
  channels: rule.channel_ids,
})

/** Returns what a stored rule can be changed in. Its series and the kind of its threshold stay. */
export const changeOf = (rule: AlertRuleCreate): AlertRuleChange => ({
  name: rule.name,
  threshold_value: rule.threshold_value,
  comparison_operator: rule.comparison_operator,
  severity: rule.severity,
  evaluation_window_seconds: rule.evaluation_window_seconds,
  channel_ids: rule.channel_ids,
  aggregate: rule.aggregate,
  for_seconds: rule.for_seconds,
  unit: rule.unit ?? null,
})

/** Returns the options of a choice. A stored value that is none of them comes last, so that it stays as it is. */
export function optionsOf<Name extends ChoiceName>(name: Name, value: Draft[Name]): Choices[Name] {
  const options: readonly (readonly [Draft[ChoiceName], string])[] = choices[name]
  const isKnown = options.some(([one]) => one === value)
  return (isKnown ? options : [...options, [value, `${value} s`]]) as Choices[Name]
}
