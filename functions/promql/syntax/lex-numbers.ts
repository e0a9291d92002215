// Reads numbers and durations.
import { type Cursor, emit, isAlphaNumeric, refuse } from './cursor.ts'
import { quote } from './quote.ts'
import type { Token } from './tokens.ts'

/** Reads the duration after an opening bracket. */
export function scanDuration(cursor: Cursor): Token {
  if (scanNumber(cursor)) throw refuse(cursor, 'missing unit character in duration')
  if (!scanUnits(cursor)) throw refuse(cursor, `bad duration syntax: ${quote(soFar(cursor))}`)
  return emit(cursor, 'duration')
}

export function scanNumberOrDuration(cursor: Cursor): Token {
  if (scanNumber(cursor)) return emit(cursor, 'number')
  if (scanUnits(cursor)) return emit(cursor, 'duration')
  throw refuse(cursor, `bad number or duration syntax: ${quote(soFar(cursor))}`)
}

const soFar = ({ text, start, at }: Cursor): string => text.slice(start, at)

function accept(cursor: Cursor, pattern: RegExp): boolean {
  pattern.lastIndex = cursor.at
  if (!pattern.test(cursor.text)) return false
  cursor.at = pattern.lastIndex
  return true
}

/** Reads a possible number. Returns false when another character follows it directly. */
function scanNumber(cursor: Cursor): boolean {
  const isHexadecimal = accept(cursor, /0[xX]/y)
  if (!isHexadecimal) accept(cursor, /0/y)
  const digits = (): boolean => accept(cursor, isHexadecimal ? /[0-9a-fA-F]*/y : /[0-9]*/y)
  digits()
  if (accept(cursor, /\./y)) digits()
  accept(cursor, /[eE][+-]?[0-9]*/y)
  return !isAlphaNumeric(cursor.text[cursor.at] ?? '')
}

/** Reads the rest of a duration, from its first unit. Units that do not exist are found when it is converted. */
function scanUnits(cursor: Cursor): boolean {
  if (!accept(cursor, /[smhdwy]s?/y)) return false
  while (accept(cursor, /[0-9]+/y)) if (!accept(cursor, /[smhdw]s?/y)) return false
  if (!isAlphaNumeric(cursor.text[cursor.at] ?? '')) return true
  cursor.at++
  return false
}
