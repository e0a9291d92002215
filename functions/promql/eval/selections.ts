// Lists the selectors of an expression, each with the range of time from which it needs points.
import type { Expression, FixedAt, VectorSelector } from '../syntax/ast.ts'

export interface Selection {
  readonly selector: VectorSelector
  /** In ms, both included. */
  readonly from: number
  readonly to: number
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Returns the selections of an expression that is evaluated from `start` to `end`, in ms. */
export function selectionsOf(expression: Expression, query: Range, lookback: number): readonly Selection[] {
  const found: Selection[] = []
  collectFrom(expression, query, { query, lookback, found })
  return found
}

/** Returns the instant at which a selector or subquery is fixed; undefined when it follows the steps. */
export const fixedInstant = (at: FixedAt, query: Range): number | undefined =>
  at === 'start' ? query.start : at === 'end' ? query.end : at

interface Search {
  readonly query: Range
  readonly lookback: number
  readonly found: Selection[]
}

function collectFrom(expression: Expression, range: Range, search: Search): void {
  switch (expression.kind) {
    case 'selector':
      search.found.push(selectionOf(expression, search.lookback, range, search))
      return
    case 'matrix':
      search.found.push(selectionOf(expression.selector, expression.range, range, search))
      return
    case 'subquery': {
      const { start, end } = shifted(expression.at, expression.offset, range, search)
      collectFrom(expression.inner, { start: start - expression.range, end }, search)
      return
    }
    case 'call':
      for (const argument of expression.args) collectFrom(argument, range, search)
      return
    case 'aggregation':
      if (expression.parameter) collectFrom(expression.parameter, range, search)
      collectFrom(expression.inner, range, search)
      return
    case 'binary':
      collectFrom(expression.left, range, search)
      collectFrom(expression.right, range, search)
      return
    case 'unary':
    case 'parentheses':
      collectFrom(expression.inner, range, search)
      return
    case 'number':
    case 'string':
      return
    default:
      expression satisfies never
  }
}

function shifted(at: FixedAt, offset: number, range: Range, { query }: Search): Range {
  const fixed = fixedInstant(at, query)
  const { start, end } = fixed === undefined ? range : { start: fixed, end: fixed }
  return { start: start - offset, end: end - offset }
}

function selectionOf(selector: VectorSelector, reach: number, range: Range, search: Search): Selection {
  const { start, end } = shifted(selector.at, selector.offset, range, search)
  return { selector, from: start - reach, to: end }
}
