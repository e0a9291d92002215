// Parses the head of a line: the measurement and its tags, which name a series.
import { isUtf8 } from 'node:buffer'
import { MAX_LABEL_NAMES } from '@penstock/shared/points/labels.ts'

/** Thrown for a line that breaks the grammar; the message explains how. */
export class LineError extends Error {}

export interface LineHead {
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
}

const BACKSLASH = '\\'
const NOT_ASCII = /[\u0080-\u00ff]/
const MEASUREMENT_ESCAPES = /\\([, ])/g
const KEY_ESCAPES = /\\([,= ])/g

/**
 * Parses `measurement,key=value,…`, one character per byte. A backslash escapes the next character if that is special there, and is a
 * literal otherwise. No more tags are read than a series may have, and one more. A tag value must not hold an unescaped `=`, like in InfluxDB; when one seems to, the value before it ended in a
 * backslash.
 * @throws {LineError} for invalid syntax.
 */
export function readLineHead(text: string): LineHead {
  const end = unescaped(text, ',', 0)
  const measurement = textOf(text.slice(0, end), MEASUREMENT_ESCAPES)
  if (measurement === '') throw new LineError('has no measurement')
  const tags = new Map<string, string>()
  for (let from = end + 1, comma = end; from <= text.length && tags.size <= MAX_LABEL_NAMES; ) {
    const equals = unescaped(text, '=', from)
    // One comma may come after many tags that seem to escape theirs: it is looked up once, or the time would grow with the square of the length.
    if (comma < from) comma = unescaped(text, ',', from)
    const to = endOfTag(text, comma, equals)
    if (equals >= to) throw new LineError('has a tag without a value')
    const key = textOf(text.slice(from, equals), KEY_ESCAPES)
    const value = textOf(text.slice(equals + 1, to), KEY_ESCAPES)
    if (key === '') throw new LineError('has a tag without a name')
    if (value === '') throw new LineError('has a tag without a value')
    if (tags.has(key)) throw new LineError('has the same tag twice')
    tags.set(key, value)
    from = to + 1
  }
  return { measurement, tags }
}

/**
 * Returns the end of a tag that has an unescaped comma at `to`, or the end of the text. A value that ends in a backslash, as the official clients write it, seems to escape the comma after it: an
 * unescaped `=` further on shows that another tag has begun. @throws {LineError} for such an `=` without a comma before it.
 */
function endOfTag(text: string, to: number, equals: number): number {
  const next = unescaped(text, '=', equals + 1)
  if (next >= to) return to
  const comma = text.lastIndexOf(',', next)
  if (comma <= equals) throw new LineError('has a tag value with an unescaped =')
  return comma
}

/** Returns the name of a field. @throws {LineError} for invalid syntax. */
export function readFieldKey(text: string): string {
  if (text === '') throw new LineError('has a field without a name')
  return textOf(text, KEY_ESCAPES)
}

/** Returns the index of the first unescaped `character`; the length of the text when there is none. */
function unescaped(text: string, character: string, from: number): number {
  let at = text.indexOf(character, from)
  while (at > from && text[at - 1] === BACKSLASH) at = text.indexOf(character, at + 1)
  return at < 0 ? text.length : at
}

function textOf(bytes: string, escapes: RegExp): string {
  const plain = bytes.includes(BACKSLASH) ? bytes.replace(escapes, '$1') : bytes
  if (!NOT_ASCII.test(plain)) return plain
  const encoded = Buffer.from(plain, 'latin1')
  if (!isUtf8(encoded)) throw new LineError('is not valid UTF-8')
  return encoded.toString('utf8')
}
