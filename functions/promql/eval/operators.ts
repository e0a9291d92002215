// Arithmetic and comparisons of two numbers.
import type { Operator } from '../syntax/tokens.ts'

/** Returns the result of arithmetic, and 1 or 0 for a comparison. */
export function applyOperator(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return power(left, right)
    case 'atan2':
      return Math.atan2(left, right)
    default:
      return compare(operator, left, right) ? 1 : 0
  }
}

export function compare(operator: Operator, left: number, right: number): boolean {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return false
  }
}

/** Raises to a power. 1 to any power is 1, and -1 to an infinite power is 1; JavaScript returns NaN for these. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1
  return base ** exponent
}
