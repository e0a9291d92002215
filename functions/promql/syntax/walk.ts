// Visits the nodes of an expression.
import type { Expression } from './ast.ts'

/** Calls for an expression and each one inside it, outer ones first. A range vector is visited before its selector. */
export function eachNode(expression: Expression, visit: (node: Expression) => void): void {
  visit(expression)
  for (const inner of innerOf(expression)) eachNode(inner, visit)
}

function innerOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'matrix':
      return [expression.selector]
    case 'subquery':
    case 'unary':
    case 'parentheses':
      return [expression.inner]
    case 'call':
      return expression.args
    case 'aggregation':
      return expression.parameter ? [expression.parameter, expression.inner] : [expression.inner]
    case 'binary':
      return [expression.left, expression.right]
    case 'number':
    case 'string':
    case 'selector':
      return []
    default:
      return expression satisfies never
  }
}
