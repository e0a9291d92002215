// Finds the series of two vectors that belong together, and the labels of their results.

import { keepOnly, type Labels, leaveOut, valueOf, withLabels, withoutName } from '../columns/labels.ts'
import type { StepSeries } from '../columns/values.ts'
import type { Matching } from '../syntax/ast.ts'
import type { Operator } from '../syntax/tokens.ts'

/** Series of both sides that have the same values of the matching labels. */
export interface MatchGroup {
  readonly left: StepSeries[]
  readonly right: StepSeries[]
}

export function groupsOf(
  { isOn, labels }: Matching,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): ReadonlyMap<string, MatchGroup> {
  const groups = new Map<string, MatchGroup>()
  const signature = ({ labels: own }: StepSeries): string =>
    (isOn ? keepOnly(own, labels) : leaveOut(withoutName(own), labels)).key
  const groupOf = (series: StepSeries): MatchGroup => {
    const key = signature(series)
    const known = groups.get(key) ?? { left: [], right: [] }
    groups.set(key, known)
    return known
  }
  for (const series of left) groupOf(series).left.push(series)
  for (const series of right) groupOf(series).right.push(series)
  return groups
}

/** Returns the labels by which a series was matched, for a message. */
export const matchedLabels = ({ isOn, labels }: Matching, own: Labels): Labels =>
  isOn ? keepOnly(own, labels) : leaveOut(withoutName(own), labels)

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '/', '*', '^', '%'])
/**
 * Returns true when the result loses the metric's name: arithmetic gives another quantity, a comparison does not. `atan2` keeps the name, as
 * in Prometheus.
 */
export const dropsName = (operator: Operator): boolean => ARITHMETIC.has(operator)

/** Returns the labels of the result of a series of the "many" side and one of the "one" side. */
export function resultLabels(
  operator: Operator,
  matching: Matching,
  returnsBool: boolean,
  many: Labels,
  one: Labels,
): Labels {
  const { cardinality, isOn, labels, include } = matching
  let result = dropsName(operator) || returnsBool ? withoutName(many) : many
  if (cardinality === 'one-to-one') result = isOn ? keepOnly(result, labels) : leaveOut(result, labels)
  if (include.length > 0)
    result = withLabels(
      result,
      include.map((name) => [name, valueOf(one, name)] as const),
    )
  return returnsBool ? withoutName(result) : result
}
