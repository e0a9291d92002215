// Reads the wire format of Protocol Buffers in place: https://protobuf.dev/programming-guides/encoding/
//
// It is our own reader, because generated decoders make an object for everything and take longer than parsing the same request in JSON.
import { isUtf8 } from 'node:buffer'
import { malformed, Problem, tooLarge } from '@penstock/shared/base/problem.ts'

/** A position in a message. Nothing is read past `end`, the end of the message or of the entered embedded one. */
export interface Cursor {
  readonly bytes: Buffer
  readonly view: DataView
  at: number
  end: number
  /** Halves of the last 64-bit value, unsigned. */
  low: number
  high: number
  /**
   * The work that is left: fields, values of packed lists, and texts by their length. A decoder restores it in each pause (see body-pieces.ts),
   * so no piece of any message does more.
   */
  left: number
  readonly tooMuch: () => Error
}

/** Maximum work in one piece: a few milliseconds. A histogram of 50,000 buckets has 100,002. */
export const MAX_WORK = 131_072
/** Sixteen bytes of a text count as one unit of work. Units are whole numbers, because counting in fractions is several times as slow. */
const TEXT_SHIFT = 4
/** Longer texts are cut to this length, because no decoder stores more than 4,096 bytes of one. */
export const MAX_TEXT_BYTES = 65_536

/** Makes the tag of a field, as `nextField` returns it. The tag contains the wire type, so a field that was sent with another type counts as unknown. */
export const varintField = (field: number): number => (field << 3) | 0
export const fixed64Field = (field: number): number => (field << 3) | 1
export const lengthField = (field: number): number => (field << 3) | 2

const TWO_TO_32 = 2 ** 32

/**
 * Opens a cursor. Every function below throws {Problem} 400 for invalid Protocol Buffers, and `tooMuch` when a message that is read in one
 * piece is more work than `left`; by default that is a 413.
 */
export function openCursor(bytes: Buffer, left = MAX_WORK, tooMuch: () => Error = tooLargeMessage): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { bytes, view, at: 0, end: bytes.length, low: 0, high: 0, left, tooMuch }
}

/** Counts work before it is done. */
export function spend(cursor: Cursor, units: number): void {
  cursor.left -= units
  if (cursor.left < 0) throw cursor.tooMuch()
}

/** Reads the tag of the next field of the entered message; 0 at its end. */
export function nextField(cursor: Cursor): number {
  if (cursor.at >= cursor.end) return 0
  if (--cursor.left < 0) throw cursor.tooMuch()
  // The tag of a field number up to 15, which is nearly every field, is one byte.
  const byte = cursor.bytes[cursor.at] ?? 0
  if (byte > 7 && byte < 128) {
    cursor.at++
    return byte
  }
  readVarint(cursor)
  if (cursor.high !== 0 || cursor.low >>> 3 === 0) throw undecodable('a field has no number')
  return cursor.low
}

/** Enters the embedded message (string, packed list) at the cursor; returns the argument for `leave`. */
export function enter(cursor: Cursor): number {
  const length = readLength(cursor)
  const outer = cursor.end
  cursor.end = cursor.at + length
  return outer
}

/** Moves to the end of the entered message, read or not, and leaves it. */
export function leave(cursor: Cursor, outer: number): void {
  cursor.at = cursor.end
  cursor.end = outer
}

/** Skips an unknown field. */
export function skip(cursor: Cursor, tag: number): undefined {
  let groups = 0
  let wire = tag & 7
  for (;;) {
    if (wire === 0) readVarint(cursor)
    else if (wire === 1) advance(cursor, 8)
    else if (wire === 2) advance(cursor, readLength(cursor))
    else if (wire === 3) groups++
    else if (wire === 4) groups--
    else if (wire === 5) advance(cursor, 4)
    else throw undecodable(`the wire type ${wire} does not exist`)
    if (groups < 0) throw undecodable('a group ends that was not started')
    if (groups === 0) return undefined
    if (cursor.at >= cursor.end) throw undecodable('it ends inside a group')
    wire = nextField(cursor) & 7
  }
}

/** Reads a varint of up to 64 bits into `low` and `high`; returns it as a number, rounded beyond 2^53. */
export function readVarint(cursor: Cursor): number {
  const { bytes, end } = cursor
  let low = 0
  let high = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at >= end) throw undecodable('it ends inside a number')
    const byte = bytes[cursor.at++] ?? 0
    const bits = byte & 127
    if (shift < 28) low |= bits << shift
    else if (shift === 28) {
      low |= bits << 28
      high = bits >>> 4
    } else high |= bits << (shift - 32)
    if (byte < 128) {
      cursor.low = low >>> 0
      cursor.high = high >>> 0
      return cursor.high * TWO_TO_32 + cursor.low
    }
  }
  throw undecodable('a number has more than ten bytes')
}

/** Returns the last 64-bit value as a signed number, rounded beyond 2^53. */
export function signed(cursor: Cursor): number {
  return (cursor.high | 0) * TWO_TO_32 + cursor.low
}

/** Returns the last 64-bit value as a signed number with all digits. */
export function signedText({ low, high }: Cursor): string {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString()
}

/** Reads eight bytes into `low` and `high`; returns them as an unsigned number, rounded beyond 2^53. */
export function readFixed64(cursor: Cursor): number {
  const at = advance(cursor, 8)
  cursor.low = cursor.view.getUint32(at, true)
  cursor.high = cursor.view.getUint32(at + 4, true)
  return cursor.high * TWO_TO_32 + cursor.low
}

export function readDouble(cursor: Cursor): number {
  return cursor.view.getFloat64(advance(cursor, 8), true)
}

/** Reads a string. Of one with more than `MAX_TEXT_BYTES`, returns the start, which is still longer than anything that is stored. */
export function readText(cursor: Cursor): string {
  const length = readLength(cursor)
  const at = advance(cursor, length)
  const end = length > MAX_TEXT_BYTES ? startOfCharacter(cursor.bytes, at + MAX_TEXT_BYTES) : at + length
  if (length >> TEXT_SHIFT > 0) spend(cursor, (end - at) >> TEXT_SHIFT)
  const text = cursor.bytes.toString('utf8', at, end)
  // Invalid UTF-8 is decoded to replacement characters, which a valid text may also contain.
  if (text.includes('\uFFFD') && !isUtf8(cursor.bytes.subarray(at, end)))
    throw undecodable('a string is not valid UTF-8')
  return text
}

/** Returns where the character begins that a byte belongs to, at most three bytes before it. */
function startOfCharacter(bytes: Buffer, at: number): number {
  let start = at
  while (start > at - 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}

export function readBytes(cursor: Cursor): Buffer {
  const length = readLength(cursor)
  spend(cursor, Math.min(length, MAX_TEXT_BYTES) >> TEXT_SHIFT)
  const at = advance(cursor, length)
  return cursor.bytes.subarray(at, at + length)
}

/** Reads a length. It is a 32-bit integer, because indexing by other numbers is slow. */
function readLength(cursor: Cursor): number {
  const left = cursor.end - cursor.at
  const byte = left > 0 ? (cursor.bytes[cursor.at] ?? 0) : 128
  if (byte < 128 && byte < left) {
    cursor.at++
    return byte
  }
  if (readVarint(cursor) > cursor.end - cursor.at)
    throw undecodable('a field is longer than the message that contains it')
  return cursor.low | 0
}

/** Returns the start of the bytes that are skipped. */
function advance(cursor: Cursor, length: number): number {
  const from = cursor.at
  if (length > cursor.end - from) throw undecodable('it ends inside a field')
  cursor.at = from + length
  return from
}

const tooLargeMessage = (): Problem =>
  new Problem(tooLarge, `A message inside the body may have at most ${MAX_WORK} fields and values.`)

const undecodable = (why: string): Problem =>
  new Problem(malformed, `The body is not a valid Protocol Buffers message: ${why}.`)
