// Checks the types of an expression.

import type { VectorSelector } from './ast.ts'
import { type Aggregation, type Binary, type Call, type Expression, NAME_LABEL, type ValueType } from './ast.ts'
import { parseError, type QueryError } from './query-error.ts'
import { type Signature, signatures } from './signatures.ts'
import { isComparison, isSetOperator } from './tokens.ts'

const DOCUMENTED: Readonly<Record<ValueType, string>> = {
  vector: 'instant vector',
  matrix: 'range vector',
  scalar: 'scalar',
  string: 'string',
}
export const documentedType = (type: ValueType): string => DOCUMENTED[type]

/** Returns the type of an expression that has been checked. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'selector':
    case 'aggregation':
      return 'vector'
    case 'matrix':
    case 'subquery':
      return 'matrix'
    case 'call':
      return signatureOf(expression).returns
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar' ? 'scalar' : 'vector'
    case 'unary':
    case 'parentheses':
      return typeOf(expression.inner)
    default:
      return expression satisfies never
  }
}

const signatureOf = ({ name }: Call): Signature => signatures.get(name) as Signature

/** Returns the type. @throws {QueryError} `bad_data` for the first part whose type does not fit. */
export function checkTypes(text: string, expression: Expression): ValueType {
  const refuse = (message: string, at = expression.start): QueryError => parseError(text, at, message)
  switch (expression.kind) {
    case 'selector':
      checkMatchers(expression, refuse)
      break
    case 'matrix':
      checkTypes(text, expression.selector)
      break
    case 'subquery': {
      const type = checkTypes(text, expression.inner)
      if (type !== 'vector') throw refuse(`subquery is only allowed on instant vector, got ${type} instead`)
      break
    }
    case 'call':
      checkCall(text, expression, refuse)
      break
    case 'aggregation':
      checkAggregation(text, expression)
      break
    case 'binary':
      checkBinary(text, expression, refuse)
      break
    case 'unary': {
      const type = checkTypes(text, expression.inner)
      if (type === 'scalar' || type === 'vector') break
      const found = `got "${DOCUMENTED[type]}"`
      throw refuse(`unary expression only allowed on expressions of type scalar or instant vector, ${found}`)
    }
    case 'parentheses':
      return checkTypes(text, expression.inner)
    default:
  }
  return typeOf(expression)
}

type Refuse = (message: string, at?: number) => QueryError

function checkMatchers({ name, matchers }: VectorSelector, refuse: Refuse): void {
  if (name === '') {
    if (matchers.some(({ matches }) => !matches(''))) return
    throw refuse('vector selector must contain at least one non-empty matcher')
  }
  const again = matchers.slice(0, -1).find((matcher) => matcher.name === NAME_LABEL)
  if (again) throw refuse(`metric name must not be set twice: "${name}" or "${again.value}"`)
}

function expectType(text: string, expression: Expression, wanted: ValueType, context: string): void {
  const type = checkTypes(text, expression)
  if (type === wanted) return
  const message = `expected type ${DOCUMENTED[wanted]} in ${context}, got ${DOCUMENTED[type]}`
  throw parseError(text, expression.start, message)
}

function checkCall(text: string, call: Call, refuse: Refuse): void {
  const { args: types, optional } = signatureOf(call)
  const { length: given } = call.args
  const counted = (least: string, count: number): QueryError =>
    refuse(`expected ${least}${count} argument(s) in call to "${call.name}", got ${given}`)
  if (optional === 0 && given !== types.length) throw counted('', types.length)
  const required = types.length - 1
  if (optional !== 0 && given < required) throw counted('at least ', required)
  if (optional > 0 && given > required + optional) throw counted('at most ', required + optional)
  for (const [i, argument] of call.args.entries()) {
    expectType(text, argument, types[Math.min(i, types.length - 1)] as ValueType, `call to function "${call.name}"`)
  }
}

function checkAggregation(text: string, { operator, parameter, inner }: Aggregation): void {
  expectType(text, inner, 'vector', 'aggregation expression')
  if (parameter === undefined) return
  expectType(text, parameter, operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter')
}

function checkBinary(text: string, binary: Binary, refuse: Refuse): void {
  const { operator, left, right, returnsBool, matching } = binary
  const types = [checkTypes(text, left), checkTypes(text, right)] as const
  const areScalars = types.every((type) => type === 'scalar')
  const atOperator = (): number => left.end + (/^[ \t\n\r]*/.exec(text.slice(left.end))?.[0].length ?? 0)
  if (returnsBool && !isComparison(operator)) {
    throw refuse('bool modifier can only be used on comparison operators', atOperator())
  }
  if (isComparison(operator) && !returnsBool && areScalars) {
    throw refuse('comparisons between scalars must use BOOL modifier', atOperator())
  }
  const twice = matching.isOn ? matching.labels.find((label) => matching.include.includes(label)) : undefined
  if (twice !== undefined) {
    throw refuse(`label "${twice}" must not occur in ON and GROUP clause at once`, atOperator())
  }
  for (const [i, side] of [left, right].entries()) {
    if (types[i] === 'scalar' || types[i] === 'vector') continue
    throw refuse('binary expression must contain only scalar and instant vector types', side.start)
  }
  const areVectors = types.every((type) => type === 'vector')
  if (!areVectors && matching.labels.length > 0) {
    throw refuse('vector matching only allowed between instant vectors')
  }
  if (!isSetOperator(operator)) return
  if (!areVectors) throw refuse(`set operator "${operator}" not allowed in binary scalar expression`)
  if (matching.cardinality !== 'many-to-many') throw refuse(`no grouping allowed for "${operator}" operation`)
}
