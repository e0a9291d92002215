// Evaluates the window of a rule at an instant.
import { type Micros, SECOND } from '../base/time.ts'
import { comparedValue, isBreached, isRecovered } from './observation.ts'
import type { AlertRuleCreate } from './rule-schema.ts'
import type { Finding } from './state-machine.ts'
import { aggregateOf, type GroupPoints } from './windows.ts'

/** The value that a rule compares at an instant, and what it finds. */
export interface WindowFinding {
  readonly value: number | null
  readonly finding: Finding
}

/** Evaluates the window (at − window, at], with the window before it for percentages and rates. */
export function findInWindow(rule: Omit<AlertRuleCreate, 'name'>, points: GroupPoints, at: Micros): WindowFinding {
  const window = rule.evaluation_window_seconds * SECOND
  const now = aggregateOf(rule.aggregate, points, at - window, at)
  const before =
    rule.threshold_type === 'absolute' ? null : aggregateOf(rule.aggregate, points, at - 2 * window, at - window)
  const value = comparedValue(rule, now, before)
  if (value === null) return { value, finding: 'no_data' }
  if (isBreached(rule, value)) return { value, finding: 'breached' }
  return { value, finding: isRecovered(rule, value) ? 'cleared' : 'between' }
}
