// Compares a value with a rule's threshold, and writes the message of an event.
import { MINUTE, type Micros, SECOND } from '../base/time.ts'
import type { AlertRuleCreate } from './rule-schema.ts'

/** The fields of a rule by which it compares. */
export type ComparedRule = Pick<
  AlertRuleCreate,
  | 'service_name'
  | 'metric_type'
  | 'threshold_type'
  | 'threshold_value'
  | 'comparison_operator'
  | 'evaluation_window_seconds'
  | 'recover_value'
>

/** The tolerance of the operator `==`. */
const EQUAL_WITHIN = 0.001

/**
 * Returns the value that a rule compares, from the aggregate of its window and, for percentages and rates, of the window before. Null when
 * there is no such value.
 */
export function comparedValue(
  { threshold_type: type, evaluation_window_seconds: seconds }: ComparedRule,
  now: number | null,
  before: number | null,
): number | null {
  if (now === null) return null
  if (type === 'absolute') return now
  if (before === null) return null
  if (type === 'rate') return finite((now - before) / ((seconds * SECOND) / MINUTE))
  return before === 0 ? null : finite((100 * (now - before)) / Math.abs(before))
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** Returns true when the value is beyond the threshold. */
export function isBreached(
  { comparison_operator: operator, threshold_value: limit }: ComparedRule,
  value: number,
): boolean {
  switch (operator) {
    case '>':
      return value > limit
    case '<':
      return value < limit
    case '>=':
      return value >= limit
    case '<=':
      return value <= limit
    case '==':
      return Math.abs(value - limit) <= EQUAL_WITHIN
  }
}

/** Returns true when the value is back in range: beyond `recover_value` where the rule has one. */
export function isRecovered(rule: ComparedRule, value: number): boolean {
  if (isBreached(rule, value)) return false
  const { comparison_operator: operator, recover_value: recover } = rule
  if (recover === null || operator === '==') return true
  return operator.startsWith('>') ? value <= recover : value >= recover
}

const SUFFIXES = {
  absolute: '',
  percentage: ' (percentage threshold)',
  rate: ' (rate of change threshold)',
} as const

/** Returns the message of an event, such as `pump - pressure: 81.00 > 80.00`. */
export function messageOf(rule: ComparedRule, value: number | null): string {
  const head = `${rule.service_name} - ${rule.metric_type}`
  if (value === null) return `${head}: no data in the last ${rule.evaluation_window_seconds} s`
  const compared = `${value.toFixed(2)} ${rule.comparison_operator} ${rule.threshold_value.toFixed(2)}`
  return `${head}: ${compared}${SUFFIXES[rule.threshold_type]}`
}

/** Returns true when the rule's suppression holds at this instant. One without a start and an end never holds. */
export function isSuppressed(
  {
    suppression_enabled: enabled,
    suppression_start: start,
    suppression_end: end,
  }: Pick<AlertRuleCreate, 'suppression_enabled' | 'suppression_start' | 'suppression_end'>,
  at: Micros,
): boolean {
  return enabled && (start !== null || end !== null) && (start === null || at >= start) && (end === null || at < end)
}
