// Parses what may follow an operand: ranges, subqueries, `offset` and `@`. They bind more tightly than any operator.
import type { Expression, FixedAt, MatrixSelector, Subquery, VectorSelector } from './ast.ts'
import { parseDuration, parseNumber } from './durations.ts'
import { parseError } from './query-error.ts'
import { quote } from './quote.ts'
import { accept, type Parser, peek, take, unexpected } from './token-stream.ts'

export function applyModifiers(parser: Parser, operand: Expression): Expression {
  let expression = operand
  for (;;) {
    const { kind } = peek(parser)
    if (kind === '[') expression = parseRange(parser, expression)
    else if (kind === 'offset') expression = parseOffset(parser, expression)
    else if (kind === '@') expression = parseAt(parser, expression)
    else return expression
  }
}

function parseRange(parser: Parser, inner: Expression): Expression {
  const { start: bracket } = take(parser)
  const range = readDuration(parser)
  if (peek(parser).kind === ']') return rangeOf(parser, inner, range, bracket)
  if (!accept(parser, ':')) throw unexpected(parser, 'subquery or range', '":" or "]"')
  const { kind } = peek(parser)
  if (kind !== 'duration' && kind !== ']') throw unexpected(parser, 'subquery selector', 'duration or "]"')
  const step = kind === 'duration' ? readDuration(parser) : undefined
  if (peek(parser).kind !== ']') throw unexpected(parser, 'subquery selector', '"]"')
  const { end } = take(parser)
  const depth = inner.depth + 1
  return { kind: 'subquery', inner, range, step, offset: 0, at: undefined, start: inner.start, end, depth }
}

function rangeOf(parser: Parser, inner: Expression, range: number, bracket: number): MatrixSelector {
  const { end } = take(parser)
  if (inner.kind !== 'selector') throw parseError(parser.text, bracket, 'ranges only allowed for vector selectors')
  if (inner.offset !== 0) throw parseError(parser.text, bracket, 'no offset modifiers allowed before range')
  if (inner.at !== undefined) throw parseError(parser.text, bracket, 'no @ modifiers allowed before range')
  return { kind: 'matrix', selector: inner, range, start: inner.start, end, depth: 2 }
}

function readDuration(parser: Parser): number {
  const { text, start } = take(parser)
  const ms = parseDuration(text)
  if (ms === 'invalid') throw parseError(parser.text, start, `not a valid duration string: ${quote(text)}`)
  if (ms === 'too long') throw parseError(parser.text, start, 'duration out of range')
  if (ms === 0) throw parseError(parser.text, start, 'duration must be greater than 0')
  return ms
}

function parseOffset(parser: Parser, operand: Expression): Expression {
  take(parser)
  const isNegative = accept(parser, '-')
  if (peek(parser).kind !== 'duration') throw unexpected(parser, 'offset', 'duration')
  const { end } = peek(parser)
  const ms = readDuration(parser)
  const shifted = shiftedBy(operand)
  if (!shifted) {
    const needed = 'an instant vector selector or range vector selector or a subquery'
    throw parseError(parser.text, operand.start, `offset modifier must be preceded by ${needed}`)
  }
  if (shifted.offset !== 0) throw parseError(parser.text, operand.start, 'offset may not be set multiple times')
  return withShift(operand, { offset: isNegative ? -ms : ms, at: shifted.at }, end)
}

function parseAt(parser: Parser, operand: Expression): Expression {
  take(parser)
  const { at, end } = readInstant(parser, operand)
  const shifted = shiftedBy(operand)
  if (!shifted) {
    const needed = 'an instant vector selector or range vector selector or a subquery'
    throw parseError(parser.text, operand.start, `@ modifier must be preceded by ${needed}`)
  }
  if (shifted.at !== undefined)
    throw parseError(parser.text, operand.start, '@ <timestamp> may not be set multiple times')
  return withShift(operand, { offset: shifted.offset, at }, end)
}

/** Reads the instant behind an `@`: seconds, or one end of the query's range. */
function readInstant(parser: Parser, operand: Expression): { readonly at: FixedAt; readonly end: number } {
  const end = peek(parser)
  if (end.kind === 'start' || end.kind === 'end') {
    take(parser)
    for (const bracket of ['(', ')'] as const) {
      if (!accept(parser, bracket)) throw unexpected(parser, '@', 'timestamp')
    }
    return { at: end.kind, end: parser.closed }
  }
  const isNegative = peek(parser).kind === '-'
  if (isNegative || peek(parser).kind === '+') take(parser)
  if (peek(parser).kind !== 'number') throw unexpected(parser, '@', 'timestamp')
  const token = take(parser)
  const seconds = (parseNumber(token.text) ?? Number.NaN) * (isNegative ? -1 : 1)
  if (!(Math.abs(seconds) < 2 ** 63)) {
    throw parseError(parser.text, operand.start, `timestamp out of bounds for @ modifier: ${withSixDigits(seconds)}`)
  }
  return { at: roundAway(seconds * 1_000), end: token.end }
}

const roundAway = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

function withSixDigits(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`
}

type Shiftable = VectorSelector | Subquery

const shiftedBy = (expression: Expression): Shiftable | undefined => {
  if (expression.kind === 'matrix') return expression.selector
  return expression.kind === 'selector' || expression.kind === 'subquery' ? expression : undefined
}

function withShift(
  expression: Expression,
  shift: { readonly offset: number; readonly at: FixedAt },
  end: number,
): Expression {
  if (expression.kind === 'matrix') return { ...expression, selector: { ...expression.selector, ...shift }, end }
  if (expression.kind === 'selector' || expression.kind === 'subquery') return { ...expression, ...shift, end }
  return expression
}
