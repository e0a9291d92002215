// A place in the text of lines: their ends, blanks and escapes.
import { LineError } from './line-series.ts'

/** A place in a part of the body, as text with a character for each byte. */
export interface LineCursor {
  readonly body: Buffer
  /** Position of the text's first byte in the body. */
  base: number
  text: string
  /** The place in the text. */
  at: number
  /** Number of the current line, from 0. A string may contain line ends. */
  line: number
}

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const HASH = 35
const BACKSLASH = 92

/** Created once: an error's stack costs more than the line. */
const TOO_LONG = new LineError('has a series, a field or a timestamp of more than 65535 bytes')
const TOO_LONG_STRING = new LineError('has a string of more than 65536 bytes')
/** A byte order mark of UTF-8, a character for each byte. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

/** Spaces and byte order marks before a line are ignored; a line with nothing else, and a comment, is blank. */
export function isBlank(lines: LineCursor): boolean {
  skipSpaces(lines)
  if (lines.text.startsWith(BYTE_ORDER_MARK, lines.at)) lines.at += BYTE_ORDER_MARK.length
  skipSpaces(lines)
  return isAtEnd(lines) || lines.text.charCodeAt(lines.at) === HASH
}

/** Returns the position in the body of the line after this one. */
export function goToNextLine(lines: LineCursor): number {
  const { body, base, at } = lines
  lines.line++
  const end = body.indexOf(NEWLINE, base + at)
  return end < 0 ? body.length : end + 1
}

/** Maximum bytes of a line. A line is read in one piece, which takes a few milliseconds. */
export const MAX_LINE_BYTES = 524_288
/** Length of the text that is made at a time, because making a text of the whole body would block the CPU. */
const TEXT_BYTES = 4 * MAX_LINE_BYTES

/** Moves to the line at a position in the body, and makes sure that the text contains as much of the line as may be read. */
export function showLine(lines: LineCursor, from: number): void {
  const { body, base, text } = lines
  const end = base + text.length
  lines.at = from - base
  if (from < end && (end === body.length || end - from >= 2 * MAX_LINE_BYTES)) return
  lines.base = from
  lines.at = 0
  lines.text = body.toString('latin1', from, Math.min(body.length, from + TEXT_BYTES))
}

/** Maximum length of a series key in InfluxDB. */
const MAX_PART = 65_535
/** Maximum length of a string field in InfluxDB. */
const MAX_STRING = 65_536

/**
 * Returns the text before the first stop character that is not escaped by a backslash, or before the end of the line.
 * @throws {LineError} when it is longer than 65,535 bytes.
 */
export function takeUntil(lines: LineCursor, isStop: (code: number) => boolean): string {
  const { text } = lines
  const from = lines.at
  let before = 0
  for (; lines.at < text.length; lines.at++) {
    if (lines.at - from > MAX_PART) throw TOO_LONG
    const code = text.charCodeAt(lines.at)
    if (code === NEWLINE || (code === RETURN && isAtEnd(lines))) break
    if (before !== BACKSLASH && isStop(code)) break
    before = code
  }
  return text.slice(from, lines.at)
}

/** Skips at most as many spaces as a part may have bytes. What follows more of them is refused. */
export function skipSpaces(lines: LineCursor): void {
  const { text } = lines
  const end = lines.at + MAX_PART
  while (lines.at < end && text.charCodeAt(lines.at) === SPACE) lines.at++
}

/** Returns whether the line ends here. A carriage return before the line feed belongs to the line end. */
export function isAtEnd({ text, at }: Pick<LineCursor, 'text' | 'at'>): boolean {
  if (at >= text.length) return true
  const code = text.charCodeAt(at)
  if (code === NEWLINE) return true
  return code === RETURN && (at + 1 === text.length || text.charCodeAt(at + 1) === NEWLINE)
}

/**
 * Returns the place of the next quote that is not escaped, or -1. An even number of backslashes before it escape each other.
 * @throws {LineError} for a string that is longer than one in InfluxDB.
 */
export function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (at - from > MAX_STRING) throw TOO_LONG_STRING
    let backslashes = 0
    while (at - backslashes > from && text.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return -1
}
