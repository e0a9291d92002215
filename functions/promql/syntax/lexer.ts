// Splits an expression into tokens. Reads on demand, so that an error is reported where a parser meets it.
import { type Cursor, characterAt, emit, isAlpha, isAlphaNumeric, isDigit, refuse } from './cursor.ts'
import { scanDuration, scanNumberOrDuration } from './lex-numbers.ts'
import { scanQuoted, scanRaw } from './lex-strings.ts'
import { quoteCharacter } from './quote.ts'
import { reserved, type Token, type TokenKind } from './tokens.ts'

/** Reads the next token. @throws {QueryError} when the text at the cursor begins no token. */
export function readToken(cursor: Cursor): Token {
  skipSpaceAndComments(cursor)
  cursor.start = cursor.at
  if (cursor.expectsDuration) {
    cursor.expectsDuration = false
    return scanDuration(cursor)
  }
  return cursor.isInBraces ? readInsideBraces(cursor) : readOutside(cursor)
}

function skipSpaceAndComments(cursor: Cursor): void {
  // After an opening bracket, only spaces may stand before the duration.
  const skipped = cursor.expectsDuration ? /[ \t\n\r]*/y : /(?:[ \t\n\r]+|#[^\n\r]*)*/y
  skipped.lastIndex = cursor.at
  skipped.exec(cursor.text)
  cursor.at = skipped.lastIndex
}

const PUNCTUATION: ReadonlySet<string> = new Set([',', '*', '/', '%', '+', '-', '^', '@'])

function readOutside(cursor: Cursor): Token {
  const character = characterAt(cursor)
  if (character === '') return readEnd(cursor)
  if (isDigit(character) || (character === '.' && isDigit(cursor.text[cursor.at + 1] ?? ''))) {
    return scanNumberOrDuration(cursor)
  }
  if (isAlpha(character) || character === ':') return readWord(cursor, character)
  cursor.at += character.length
  if (PUNCTUATION.has(character)) return emit(cursor, character as TokenKind)
  switch (character) {
    case '=':
    case '!':
    case '<':
    case '>':
      return readComparison(cursor, character)
    case '"':
    case "'":
      return scanQuoted(cursor, character)
    case '`':
      return scanRaw(cursor)
    case '(':
    case ')':
    case '{':
    case '[':
    case ']':
      return readBracket(cursor, character)
    default:
      throw refuse(cursor, `unexpected character: ${quoteCharacter(character)}`)
  }
}

function readEnd(cursor: Cursor): Token {
  if (cursor.parentheses !== 0) throw refuse(cursor, 'unclosed left parenthesis')
  if (cursor.isInBrackets) throw refuse(cursor, 'unclosed left bracket')
  return emit(cursor, 'end of input')
}

function readWord(cursor: Cursor, first: string): Token {
  if (cursor.isInBrackets) {
    cursor.at++
    if (cursor.hasColon) throw refuse(cursor, `unexpected colon ${quoteCharacter(first)}`)
    cursor.hasColon = true
    return emit(cursor, ':')
  }
  const word = /[A-Za-z0-9_:]+/y
  word.lastIndex = cursor.at
  word.exec(cursor.text)
  cursor.at = word.lastIndex
  const text = cursor.text.slice(cursor.start, cursor.at)
  return emit(cursor, reserved.get(text.toLowerCase()) ?? (text.includes(':') ? 'metric identifier' : 'identifier'))
}

function readComparison(cursor: Cursor, first: '=' | '!' | '<' | '>'): Token {
  const next = characterAt(cursor)
  if (next === '=') {
    cursor.at++
    return emit(cursor, `${first}=`)
  }
  if (first === '!') throw refuse(cursor, `unexpected character after '!': ${quoteCharacter(next)}`)
  if (first === '=' && next === '~') throw refuse(cursor, `unexpected character after '=': ${quoteCharacter(next)}`)
  return emit(cursor, first)
}

function readBracket(cursor: Cursor, bracket: '(' | ')' | '{' | '[' | ']'): Token {
  if (bracket === '(') cursor.parentheses++
  if (bracket === ')' && --cursor.parentheses < 0) {
    // Prometheus reports the position after it.
    cursor.start = cursor.at
    throw refuse(cursor, `unexpected right parenthesis ${quoteCharacter(bracket)}`)
  }
  if (bracket === '{') cursor.isInBraces = true
  if (bracket === '[') {
    if (cursor.isInBrackets) throw refuse(cursor, `unexpected left bracket ${quoteCharacter(bracket)}`)
    cursor.isInBrackets = true
    cursor.hasColon = false
    cursor.expectsDuration = true
  }
  if (bracket === ']') {
    if (!cursor.isInBrackets) throw refuse(cursor, `unexpected right bracket ${quoteCharacter(bracket)}`)
    cursor.isInBrackets = false
  }
  return emit(cursor, bracket)
}

/** Reads inside the braces of a selector, where keywords are names. */
function readInsideBraces(cursor: Cursor): Token {
  const character = characterAt(cursor)
  if (character === '') throw refuse(cursor, 'unexpected end of input inside braces')
  if (isAlpha(character)) {
    while (isAlphaNumeric(cursor.text[cursor.at] ?? '')) cursor.at++
    return emit(cursor, 'identifier')
  }
  cursor.at += character.length
  switch (character) {
    case ',':
      return emit(cursor, ',')
    case '"':
    case "'":
      return scanQuoted(cursor, character)
    case '`':
      return scanRaw(cursor)
    case '=':
      return readMatcher(cursor, '=')
    case '!':
      return readMatcher(cursor, '!')
    case '{':
      throw refuse(cursor, `unexpected left brace ${quoteCharacter(character)}`)
    case '}':
      cursor.isInBraces = false
      return emit(cursor, '}')
    default:
      throw refuse(cursor, `unexpected character inside braces: ${quoteCharacter(character)}`)
  }
}

function readMatcher(cursor: Cursor, first: '=' | '!'): Token {
  const next = characterAt(cursor)
  if (next === '~' || (next === '=' && first === '!')) {
    cursor.at++
    return emit(cursor, `${first}${next}` as TokenKind)
  }
  if (first === '=') return emit(cursor, '=')
  throw refuse(cursor, `unexpected character after '!' inside braces: ${quoteCharacter(next)}`)
}
