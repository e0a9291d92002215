// The tokens of an expression as its parser reads them, one ahead.
import { type Cursor, openCursor } from './cursor.ts'
import { unquote } from './lex-strings.ts'
import { readToken } from './lexer.ts'
import { parseError, type QueryError } from './query-error.ts'
import { describeToken, reserved, type Token, type TokenKind } from './tokens.ts'

export interface Parser {
  readonly text: string
  readonly cursor: Cursor
  ahead: Token | undefined
  /** Number of aggregations around the current token. Errors inside an aggregation are reported differently. */
  aggregations: number
  /** End of the last closing bracket. */
  closed: number
  level: number
}

export const openParser = (text: string): Parser => ({
  text,
  cursor: openCursor(text),
  ahead: undefined,
  aggregations: 0,
  closed: 0,
  level: 0,
})

/** Returns the next token and leaves it where it is. */
export function peek(parser: Parser): Token {
  parser.ahead ??= readToken(parser.cursor)
  return parser.ahead
}

export function take(parser: Parser): Token {
  const token = peek(parser)
  parser.ahead = undefined
  if (token.kind === ')') parser.closed = token.end
  return token
}

/** Takes the next token if it is of this kind. */
export function accept(parser: Parser, kind: TokenKind): boolean {
  if (peek(parser).kind !== kind) return false
  take(parser)
  return true
}

/** Makes the error for a next token that does not fit, when no more precise message applies. */
export const fail = (parser: Parser): QueryError => unexpected(parser, parser.aggregations > 0 ? 'aggregation' : '', '')

/** Makes the error for a next token that does not fit, naming what is expected there. */
export function unexpected(parser: Parser, context: string, expected: string, token = peek(parser)): QueryError {
  const where = context === '' ? '' : ` in ${context}`
  const wanted = expected === '' ? '' : `, expected ${expected}`
  return parseError(parser.text, token.start, `unexpected ${describeToken(token)}${where}${wanted}`)
}

/** Maximum brackets and operators that are open at a time: parsing is recursive. */
const MOST_OPEN = 300

/** Parses one level deeper. @throws {QueryError} above the maximum. */
export function deeper<T>(parser: Parser, parse: () => T): T {
  if (++parser.level > MOST_OPEN) {
    const { start } = peek(parser)
    throw parseError(
      parser.text,
      start,
      `the expression has more than ${MOST_OPEN} levels; split it into several queries`,
    )
  }
  const parsed = parse()
  parser.level--
  return parsed
}

/** Returns true for a word that can be the name of a label: every word except those for numbers. */
const isLabelToken = (kind: TokenKind): boolean =>
  ['identifier', 'metric identifier', 'string'].includes(kind) || reserved.get(kind) === kind

/** Parses a list of label names in parentheses. Names may be quoted. */
export function parseGrouping(parser: Parser): readonly string[] {
  if (peek(parser).kind !== '(') throw unexpected(parser, 'grouping opts', '"("')
  take(parser)
  const labels: string[] = []
  while (!accept(parser, ')')) {
    const token = peek(parser)
    if (!isLabelToken(token.kind)) throw unexpected(parser, 'grouping opts', 'label')
    take(parser)
    if (token.text.includes(':') && token.kind !== 'string') throw unexpected(parser, 'grouping opts', 'label', token)
    labels.push(token.kind === 'string' ? unquote(token.text) : token.text)
    const next = peek(parser).kind
    if (next === ',') take(parser)
    else if (next !== ')') throw unexpected(parser, 'grouping opts', '"," or ")"')
  }
  return labels
}
