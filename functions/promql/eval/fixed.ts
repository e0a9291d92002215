// Finds expressions that have the same value at every step, because `@` fixes all their selectors.
import { calendar } from '../functions/calendar.ts'
import type { Expression } from '../syntax/ast.ts'

/** Functions whose result depends on the step's time, or on the times of points. */
const BY_STEP: ReadonlySet<string> = new Set([...calendar.keys(), 'predict_linear', 'time', 'timestamp'])

export function isFixed(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return true
    case 'selector':
    case 'subquery':
      return expression.at !== undefined
    case 'matrix':
      return expression.selector.at !== undefined
    case 'call':
      return !BY_STEP.has(expression.name) && expression.args.every(isFixed)
    case 'aggregation':
      return isFixed(expression.inner) && (expression.parameter === undefined || isFixed(expression.parameter))
    case 'binary':
      return isFixed(expression.left) && isFixed(expression.right)
    case 'unary':
    case 'parentheses':
      return isFixed(expression.inner)
    default:
      return expression satisfies never
  }
}
