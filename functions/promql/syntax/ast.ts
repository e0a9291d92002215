// The syntax tree of an expression.
import type { Aggregator, MatchOperator, Operator } from './tokens.ts'

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

interface Placed {
  /** Indexes into the text. */
  readonly start: number
  readonly end: number
  /** Number of levels of nodes from this one down, including this one. */
  readonly depth: number
}

export interface Matcher {
  readonly name: string
  readonly operator: MatchOperator
  readonly value: string
  /** True for values that match. A missing label has the empty value. */
  readonly matches: (value: string) => boolean
}

/**
 * The instant that a selector or subquery is fixed to: an instant in ms, or an end of the query's range. Undefined when it follows the steps.
 */
export type FixedAt = number | 'start' | 'end' | undefined

interface Shifted {
  readonly offset: number
  readonly at: FixedAt
}

export interface NumberLiteral extends Placed {
  readonly kind: 'number'
  readonly value: number
}
export interface StringLiteral extends Placed {
  readonly kind: 'string'
  readonly value: string
}
export interface VectorSelector extends Placed, Shifted {
  readonly kind: 'selector'
  /** The name before the braces; empty when there is none. */
  readonly name: string
  /** All matchers, that of the name before the braces last. */
  readonly matchers: readonly Matcher[]
}
/** A range of a selector. Its offset and `at` are those of the selector in it. */
export interface MatrixSelector extends Placed {
  readonly kind: 'matrix'
  readonly selector: VectorSelector
  readonly range: number
}
export interface Subquery extends Placed, Shifted {
  readonly kind: 'subquery'
  readonly inner: Expression
  readonly range: number
  /** Undefined for the default step. */
  readonly step: number | undefined
}
export interface Call extends Placed {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
}
export interface Aggregation extends Placed {
  readonly kind: 'aggregation'
  readonly operator: Aggregator
  readonly parameter: Expression | undefined
  readonly inner: Expression
  readonly grouping: readonly string[]
  readonly isWithout: boolean
}
export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
export interface Matching {
  readonly cardinality: Cardinality
  readonly labels: readonly string[]
  readonly isOn: boolean
  /** Labels of the "one" side that the result takes over. */
  readonly include: readonly string[]
}
export interface Binary extends Placed {
  readonly kind: 'binary'
  readonly operator: Operator
  readonly left: Expression
  readonly right: Expression
  readonly returnsBool: boolean
  readonly matching: Matching
}
export interface Unary extends Placed {
  readonly kind: 'unary'
  readonly operator: '+' | '-'
  readonly inner: Expression
}
export interface Parenthesized extends Placed {
  readonly kind: 'parentheses'
  readonly inner: Expression
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Parenthesized

export const NAME_LABEL = '__name__'

/** Returns the expression without parentheses around it. */
export function bare(expression: Expression): Exclude<Expression, Parenthesized> {
  let inner = expression
  while (inner.kind === 'parentheses') inner = inner.inner
  return inner
}
