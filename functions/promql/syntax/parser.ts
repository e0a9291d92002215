// Parses PromQL as of Prometheus 2.42, with its messages, and the quoted names of Prometheus 3.
import type { Aggregation, Expression, Matching } from './ast.ts'
import { checkTypes } from './check.ts'
import { parseNumber } from './durations.ts'
import { unquote } from './lex-strings.ts'
import { applyModifiers } from './modifiers.ts'
import { parseError } from './query-error.ts'
import { parseSelector } from './selectors.ts'
import { signatures } from './signatures.ts'
import { accept, deeper, fail, openParser, type Parser, parseGrouping, peek, take } from './token-stream.ts'
import { type Aggregator, isAggregator, isSetOperator, type Operator, type TokenKind } from './tokens.ts'

/** Parses an expression and checks its types. @throws {QueryError} `bad_data`, with line and column of the mistake. */
export function parseExpression(text: string): Expression {
  const parser = openParser(text)
  if (peek(parser).kind === 'end of input') throw parseError(text, 0, 'no expression found in input')
  const expression = parseBinary(parser, 1)
  if (peek(parser).kind !== 'end of input') throw fail(parser)
  checkTypes(text, expression)
  return expression
}

const PRECEDENCES: readonly (readonly Operator[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
]
const precedenceOf: ReadonlyMap<TokenKind, number> = new Map(
  PRECEDENCES.flatMap((operators, i) => operators.map((operator) => [operator, i + 1] as const)),
)
const POWER = PRECEDENCES.length

/** Parses operators of at least this precedence. All bind to the left but `^`. */
function parseBinary(parser: Parser, least: number): Expression {
  let left = parseUnary(parser)
  for (;;) {
    const { kind } = peek(parser)
    const precedence = precedenceOf.get(kind) ?? 0
    if (precedence < least || precedence === 0) return left
    const operator = take(parser).kind as Operator
    const returnsBool = accept(parser, 'bool')
    const matching = parseMatching(parser, operator)
    const right = deeper(parser, () => parseBinary(parser, precedence === POWER ? precedence : precedence + 1))
    const depth = nested(parser, left.start, left, right)
    left = { kind: 'binary', operator, left, right, returnsBool, matching, start: left.start, end: right.end, depth }
  }
}

function parseMatching(parser: Parser, operator: Operator): Matching {
  const plain = isSetOperator(operator) ? 'many-to-many' : 'one-to-one'
  const { kind } = peek(parser)
  if (kind !== 'on' && kind !== 'ignoring') return { cardinality: plain, labels: [], isOn: false, include: [] }
  take(parser)
  const labels = parseGrouping(parser)
  const group = peek(parser).kind
  if (group !== 'group_left' && group !== 'group_right') {
    return { cardinality: plain, labels, isOn: kind === 'on', include: [] }
  }
  take(parser)
  const include = peek(parser).kind === '(' ? parseGrouping(parser) : []
  const cardinality = group === 'group_left' ? 'many-to-one' : 'one-to-many'
  return { cardinality, labels, isOn: kind === 'on', include }
}

/** A sign binds like a multiplication. A sign before a literal becomes part of it. */
function parseUnary(parser: Parser): Expression {
  const { kind, start } = peek(parser)
  if (kind !== '+' && kind !== '-') return applyModifiers(parser, parsePrimary(parser))
  take(parser)
  const inner = deeper(parser, () => parseBinary(parser, POWER))
  if (inner.kind === 'number') return { ...inner, value: kind === '-' ? -inner.value : inner.value, start }
  return { kind: 'unary', operator: kind, inner, start, end: inner.end, depth: nested(parser, start, inner) }
}

function parsePrimary(parser: Parser): Expression {
  const token = peek(parser)
  switch (token.kind) {
    case 'number':
      return parseNumberLiteral(parser)
    case 'string':
      take(parser)
      return { kind: 'string', value: unquote(token.text), start: token.start, end: token.end, depth: 1 }
    case '(':
      return parseParentheses(parser)
    case '{':
      return parseSelector(parser, undefined)
    default:
      return parseNamed(parser)
  }
}

function parseNumberLiteral(parser: Parser): Expression {
  const { text, start, end } = take(parser)
  const value = parseNumber(text)
  if (value !== undefined) return { kind: 'number', value, start, end, depth: 1 }
  const reason = /^[0-9.]+([eE][+-]?[0-9]+)?$/.test(text) ? 'value out of range' : 'invalid syntax'
  throw parseError(parser.text, start, `error parsing number: strconv.ParseFloat: parsing "${text}": ${reason}`)
}

function parseParentheses(parser: Parser): Expression {
  const { start } = take(parser)
  const inner = deeper(parser, () => parseBinary(parser, 1))
  if (peek(parser).kind !== ')') throw fail(parser)
  return { kind: 'parentheses', inner, start, end: take(parser).end, depth: nested(parser, start, inner) }
}

/** Keywords that are names of metrics where an expression begins. */
const NAMES: readonly TokenKind[] = [
  'identifier',
  'metric identifier',
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'start',
  'end',
]

/** Parses what begins with a name: a call, an aggregation or a selector. */
function parseNamed(parser: Parser): Expression {
  if (!beginsName(peek(parser).kind)) throw fail(parser)
  const name = take(parser)
  const next = peek(parser).kind
  if (isAggregator(name.kind) && (next === '(' || next === 'by' || next === 'without')) {
    return parseAggregation(parser, name.kind, name.start)
  }
  if (name.kind !== 'identifier' || next !== '(') return parseSelector(parser, name)
  const { args, end } = parseArguments(parser)
  if (!signatures.has(name.text)) {
    throw parseError(parser.text, name.start, `unknown function with name "${name.text}"`)
  }
  return { kind: 'call', name: name.text, args, start: name.start, end, depth: nested(parser, name.start, ...args) }
}

const beginsName = (kind: TokenKind): boolean => NAMES.includes(kind) || isAggregator(kind)

const beginsExpression = (kind: TokenKind): boolean =>
  beginsName(kind) || ['number', 'string', '(', '{', '+', '-'].includes(kind)

function parseArguments(parser: Parser): { readonly args: readonly Expression[]; readonly end: number } {
  if (peek(parser).kind !== '(') throw fail(parser)
  take(parser)
  const args: Expression[] = []
  while (peek(parser).kind !== ')') {
    args.push(deeper(parser, () => parseBinary(parser, 1)))
    const next = peek(parser)
    if (next.kind === ')') break
    if (next.kind !== ',') throw fail(parser)
    take(parser)
    if (!beginsExpression(peek(parser).kind)) {
      throw parseError(parser.text, next.start, 'trailing commas not allowed in function call args')
    }
  }
  return { args, end: take(parser).end }
}

interface Grouping {
  readonly grouping: readonly string[]
  readonly isWithout: boolean
}

function parseModifier(parser: Parser): Grouping | undefined {
  const { kind } = peek(parser)
  if (kind !== 'by' && kind !== 'without') return undefined
  take(parser)
  return { grouping: parseGrouping(parser), isWithout: kind === 'without' }
}

function parseAggregation(parser: Parser, operator: Aggregator, start: number): Aggregation {
  parser.aggregations++
  const before = parseModifier(parser)
  const call = parseArguments(parser)
  const grouping = before ?? parseModifier(parser) ?? { grouping: [], isWithout: false }
  parser.aggregations--
  const { args } = call
  const end = Math.max(call.end, before ? 0 : parser.closed)
  if (args.length === 0) throw parseError(parser.text, start, 'no arguments for aggregate expression provided')
  const wanted = takesParameter(operator) ? 2 : 1
  if (args.length !== wanted) {
    const counts = `expected ${wanted}, got ${args.length}`
    throw parseError(parser.text, start, `wrong number of arguments for aggregate expression provided, ${counts}`)
  }
  const inner = args.at(-1) as Expression
  const parameter = wanted === 2 ? args[0] : undefined
  const depth = nested(parser, start, ...args)
  return { kind: 'aggregation', operator, parameter, inner, ...grouping, start, end, depth }
}

const takesParameter = (operator: Aggregator): boolean =>
  operator === 'topk' || operator === 'bottomk' || operator === 'quantile' || operator === 'count_values'

/** Maximum levels of nodes: evaluation is recursive. */
const MOST_LEVELS = 300

/** Returns the depth of a node above these. @throws {QueryError} above the maximum. */
function nested(parser: Parser, start: number, ...inner: readonly Expression[]): number {
  const depth = 1 + inner.reduce((most, node) => Math.max(most, node.depth), 0)
  if (depth <= MOST_LEVELS) return depth
  throw parseError(
    parser.text,
    start,
    `the expression has more than ${MOST_LEVELS} levels; split it into several queries`,
  )
}
