// The position of a lexer in its text, and functions that all its readers share.
import { parseError } from './query-error.ts'
import type { Token, TokenKind } from './tokens.ts'

/** The place of a lexer in its text. */
export interface Cursor {
  readonly text: string
  /** Index of the next character. */
  at: number
  /** Index of the first character of the token in progress. */
  start: number
  parentheses: number
  isInBraces: boolean
  isInBrackets: boolean
  hasColon: boolean
  /** A bracket was opened, so a duration has to follow. */
  expectsDuration: boolean
}

export const openCursor = (text: string): Cursor => ({
  text,
  at: 0,
  start: 0,
  parentheses: 0,
  isInBraces: false,
  isInBrackets: false,
  hasColon: false,
  expectsDuration: false,
})

/** Returns the token that ends at the cursor. */
export const emit = (cursor: Cursor, kind: TokenKind): Token => ({
  kind,
  text: cursor.text.slice(cursor.start, cursor.at),
  start: cursor.start,
  end: cursor.at,
})

/** Returns the whole character at the cursor, including those outside the basic plane; empty at the end. */
export function characterAt({ text, at }: Cursor): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

export const isDigit = (character: string): boolean => character >= '0' && character <= '9' && character.length === 1
export const isAlpha = (character: string): boolean => /^[A-Za-z_]$/.test(character)
export const isAlphaNumeric = (character: string): boolean => /^[A-Za-z0-9_]$/.test(character)

/** Makes an error at the start of the current token. */
export const refuse = (cursor: Cursor, message: string): Error => parseError(cursor.text, cursor.start, message)
