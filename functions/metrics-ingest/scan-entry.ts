// Finds the end of an entry of our own JSON, and the positions of its value and its timestamp.
import { type NameCount, NO_NAMES } from '@penstock/shared/base/value-count.ts'
import type { EntryShape } from './known-metrics.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const VALUE = Buffer.from('metric_value')
const STAMP = Buffer.from('timestamp')

/** White space of JSON. */
const isJsonSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** White space up to this length is skipped in one step. A body with more of it is parsed as a whole. */
const MAX_BLANK_BYTES = 65_536

/**
 * Returns the position of the next byte that is not white space. After `MAX_BLANK_BYTES` of white space it returns the position of the last
 * one.
 */
export function skipBlank(bytes: Buffer, from: number): number {
  let at = from
  while (isJsonSpace(bytes[at])) if (++at - from === MAX_BLANK_BYTES) break
  return at
}

/**
 * Scans the object that begins at a position, which may be malformed. Returns undefined when it does not end within `most` bytes. A hole
 * begins at -1 unless exactly one member of the object itself has that name, written without escapes, and a number or a string as its value.
 * Counts all names in the object.
 */
export function scanEntry(
  bytes: Buffer,
  from: number,
  most: number,
  names: NameCount = NO_NAMES,
): EntryShape | undefined {
  const shape: EntryShape = { from, to: from, valueFrom: -1, valueTo: -1, stampFrom: -1, stampTo: -1, values: 0 }
  const end = Math.min(bytes.length, from + most)
  let depth = 0
  let [valueNames, stampNames] = [0, 0]
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const close = endOfString(bytes, at + 1, end)
      if (close < 0) return undefined
      const colon = skipBlank(bytes, close + 1)
      if (bytes[colon] === COLON) names.add(bytes, at + 1, close)
      if (depth === 1 && bytes[colon] === COLON) {
        // A name with escapes may be one of the two.
        if (hasEscape(bytes, at, close)) valueNames++
        const begin = skipBlank(bytes, colon + 1)
        if (isText(bytes, at + 1, close, VALUE)) {
          valueNames++
          noteValue(bytes, begin, end, shape)
        } else if (isText(bytes, at + 1, close, STAMP)) {
          stampNames++
          noteStamp(bytes, begin, end, shape)
        }
      }
      at = close
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++
      shape.values++
    } else if (byte === COMMA) shape.values++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (--depth > 0) continue
      shape.to = at + 1
      if (valueNames !== 1 || stampNames > 1) shape.valueFrom = -1
      return shape
    }
  }
  return undefined
}

/** Returns the position of the closing quote; -1 when there is none. */
function endOfString(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) return at
  }
  return -1
}

function hasEscape(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true
  return false
}

function isText(bytes: Buffer, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false
  return true
}

function noteValue(bytes: Buffer, from: number, end: number, shape: EntryShape): void {
  const to = endOfNumber(bytes, from, end)
  if (to === from) return
  shape.valueFrom = from
  shape.valueTo = to
}

function noteStamp(bytes: Buffer, from: number, end: number, shape: EntryShape): void {
  if (bytes[from] !== QUOTE) return
  const close = endOfPlain(bytes, from + 1, end)
  if (close < 0) return
  shape.stampFrom = from + 1
  shape.stampTo = close
}

/** Returns the position after the characters that a number can contain. */
export function endOfNumber(bytes: Buffer, from: number, end: number): number {
  let at = from
  for (let byte = bytes[at] ?? 0; at < end && isOfNumber(byte); byte = bytes[at] ?? 0) at++
  return at
}

const isOfNumber = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x65 || byte === 0x45

/** Returns the position of the closing quote of a string; -1 when it has an escape, or a byte that is not printable ASCII. */
export function endOfPlain(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1
  }
  return -1
}
