// Parses selectors: a name, matchers in braces, or both.
import { type Matcher, NAME_LABEL, type VectorSelector } from './ast.ts'
import { unquote } from './lex-strings.ts'
import { makeMatcher } from './matchers.ts'
import { parseError } from './query-error.ts'
import { accept, type Parser, peek, take, unexpected } from './token-stream.ts'
import { isMatchOperator, type Token } from './tokens.ts'

const CONTEXT = 'label matching'

/** Parses a selector. Its name has been read, or it begins with a brace. */
export function parseSelector(parser: Parser, named: Token | undefined): VectorSelector {
  const start = named?.start ?? peek(parser).start
  const matchers: Matcher[] = []
  let end = named?.end ?? start
  if (peek(parser).kind === '{') end = parseMatchers(parser, matchers)
  if (named) matchers.push(makeMatcher(NAME_LABEL, '=', named.text))
  return { kind: 'selector', name: named?.text ?? '', matchers, offset: 0, at: undefined, start, end, depth: 1 }
}

/** Parses matchers up to the closing brace, and returns its end. */
function parseMatchers(parser: Parser, matchers: Matcher[]): number {
  take(parser)
  while (peek(parser).kind !== '}') {
    matchers.push(parseMatcher(parser))
    if (accept(parser, ',')) continue
    if (peek(parser).kind !== '}') throw unexpected(parser, CONTEXT, '"," or "}"')
  }
  return take(parser).end
}

/** Parses `name="value"`, where the name may be quoted, or a quoted name of a metric alone. */
function parseMatcher(parser: Parser): Matcher {
  const name = peek(parser)
  if (name.kind !== 'identifier' && name.kind !== 'string') throw unexpected(parser, CONTEXT, 'identifier or "}"')
  take(parser)
  const operator = peek(parser).kind
  if (!isMatchOperator(operator)) {
    if (name.kind === 'string' && (operator === ',' || operator === '}')) {
      return makeMatcher(NAME_LABEL, '=', unquote(name.text))
    }
    throw unexpected(parser, CONTEXT, 'label matching operator')
  }
  take(parser)
  const value = peek(parser)
  if (value.kind !== 'string') throw unexpected(parser, CONTEXT, 'string')
  take(parser)
  try {
    return makeMatcher(name.kind === 'string' ? unquote(name.text) : name.text, operator, unquote(value.text))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw parseError(parser.text, name.start, error.message)
  }
}
