// A place in the text of lines: their ends, blanks and escapes.
import { LineError } from './line-series.ts'

/** The text has a character for each byte. */
export interface LineCursor {
  readonly text: string
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
/** A byte order mark of UTF-8, a character for each byte. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

/** Spaces and byte order marks before a line are ignored; a line with nothing else, and a comment, is blank. */
export function isBlank(lines: LineCursor): boolean {
  skipSpaces(lines)
  if (lines.text.startsWith(BYTE_ORDER_MARK, lines.at)) lines.at += BYTE_ORDER_MARK.length
  skipSpaces(lines)
  return isAtEnd(lines) || lines.text.charCodeAt(lines.at) === HASH
}

export function goToNextLine(lines: LineCursor): void {
  const end = lines.text.indexOf('\n', lines.at)
  lines.at = end < 0 ? lines.text.length : end + 1
  lines.line++
}

/** Maximum length of a series key in InfluxDB. */
const MAX_PART = 65_535

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

export function skipSpaces(lines: LineCursor): void {
  while (lines.text.charCodeAt(lines.at) === SPACE) lines.at++
}

/** Returns whether the line ends here. A carriage return before the line feed belongs to the line end. */
export function isAtEnd({ text, at }: Pick<LineCursor, 'text' | 'at'>): boolean {
  if (at >= text.length) return true
  const code = text.charCodeAt(at)
  if (code === NEWLINE) return true
  return code === RETURN && (at + 1 === text.length || text.charCodeAt(at + 1) === NEWLINE)
}
