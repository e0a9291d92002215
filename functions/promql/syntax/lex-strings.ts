// Reads quoted strings, and replaces their escapes.
import { type Cursor, characterAt, emit, refuse } from './cursor.ts'
import { nameCharacter } from './quote.ts'
import type { Token } from './tokens.ts'

/** Reads a string with escapes. The opening quote has been read. */
export function scanQuoted(cursor: Cursor, closing: string): Token {
  for (;;) {
    const character = take(cursor)
    if (character === '' || character === '\n') throw refuse(cursor, 'unterminated quoted string')
    if (character === '\uFFFD') throw refuse(cursor, 'invalid UTF-8 rune')
    if (character === closing) return emit(cursor, 'string')
    if (character === '\\') scanEscape(cursor, closing)
  }
}

/** Reads a string in backquotes, which has no escapes. */
export function scanRaw(cursor: Cursor): Token {
  for (;;) {
    const character = take(cursor)
    if (character === '') throw refuse(cursor, 'unterminated raw string')
    if (character === '\uFFFD') throw refuse(cursor, 'invalid UTF-8 rune')
    if (character === '`') return emit(cursor, 'string')
  }
}

function take(cursor: Cursor): string {
  const character = characterAt(cursor)
  cursor.at += character.length
  return character
}

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }
const GREATEST_CHARACTER = 0x10_ff_ff

function scanEscape(cursor: Cursor, closing: string): void {
  const kind = take(cursor)
  if (kind === '') throw refuse(cursor, 'escape sequence not terminated')
  if (kind in SIMPLE || kind === closing) return
  const isOctal = kind >= '0' && kind <= '7'
  const length = isOctal ? 3 : HEX_DIGITS[kind]
  if (length === undefined) throw refuse(cursor, `unknown escape sequence ${nameCharacter(kind)}`)
  const base = isOctal ? 8 : 16
  let code = isOctal ? Number(kind) : 0
  for (let i = isOctal ? 1 : 0; i < length; i++) {
    const digit = take(cursor)
    if (digit === '') throw refuse(cursor, 'escape sequence not terminated')
    const value = /^[0-9a-fA-F]$/.test(digit) ? Number.parseInt(digit, 16) : 16
    if (value >= base) throw refuse(cursor, `illegal character ${nameCharacter(digit)} in escape sequence`)
    code = code * base + value
  }
  const greatest = isOctal || kind === 'x' ? 255 : GREATEST_CHARACTER
  if (code > greatest || (code >= 0xd8_00 && code < 0xe0_00)) {
    throw refuse(cursor, 'escape sequence is an invalid Unicode code point')
  }
}

/** Returns the text of a string token without quotes and escapes. Escaped bytes that are not UTF-8 become replacement characters. */
export function unquote(written: string): string {
  const inner = written.slice(1, -1)
  if (written[0] === '`' || !inner.includes('\\')) return inner
  const pieces: Buffer[] = []
  const part = /\\(?:([abfnrtv\\'"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|[^\\]+/g
  for (const [text, simple, octal, byte, short, long] of inner.matchAll(part)) {
    if (simple !== undefined) pieces.push(Buffer.from(simpleEscape(simple)))
    else if (octal !== undefined) pieces.push(Buffer.of(Number.parseInt(octal, 8)))
    else if (byte !== undefined) pieces.push(Buffer.of(Number.parseInt(byte, 16)))
    else if (short !== undefined) pieces.push(codePoint(short))
    else if (long !== undefined) pieces.push(codePoint(long))
    else pieces.push(Buffer.from(text))
  }
  return Buffer.concat(pieces).toString('utf8')
}

const simpleEscape = (escape: string): string =>
  escape === "'" || escape === '"' ? escape : String.fromCodePoint(SIMPLE[escape] as number)

const codePoint = (hexadecimal: string): Buffer => Buffer.from(String.fromCodePoint(Number.parseInt(hexadecimal, 16)))
