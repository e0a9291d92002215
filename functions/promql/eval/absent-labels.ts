// The labels of the results of `absent` and `absent_over_time`.
import { type Labels, makeLabels, NO_LABELS } from '../columns/labels.ts'
import { type Expression, NAME_LABEL } from '../syntax/ast.ts'

/** Returns the labels that a selector asks to be equal to one value; a name that is matched twice is left out. */
export function absentLabels(expression: Expression): Labels {
  if (expression.kind !== 'selector' && expression.kind !== 'matrix') return NO_LABELS
  const { matchers } = expression.kind === 'matrix' ? expression.selector : expression
  const labels = new Map<string, string>()
  const seen = new Set<string>()
  for (const { name, operator, value } of matchers) {
    if (name === NAME_LABEL) continue
    if (operator === '=' && !seen.has(name)) {
      labels.set(name, value)
      seen.add(name)
    } else labels.delete(name)
  }
  return makeLabels(labels)
}
