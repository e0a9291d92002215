// Reads lines whose series are known by their bytes, without making a text or an object for them. Any unusual line is left to line-
// protocol.ts, which reads it from its beginning.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { KnownSeries, SeriesMemory } from '@penstock/shared/points/series-memory.ts'
import { type ByteIndex, isRunAt, openByteIndex, type Run } from './byte-index.ts'
import type { Collector } from './collector.ts'
import { type Precision, readFieldValue } from './line-values.ts'
import { scanDecimal, scanDigits } from './scan-number.ts'

/** A field of a line that was read: its series, and the positions where its part of the line and its value begin. */
export interface LearntField {
  readonly series: KnownSeries
  readonly from: number
  readonly valueAt: number
}

export interface KnownLines {
  /**
   * Reads the line at a position and adds its points. Returns the position of the next line, or -1 when the line must be read by line-
   * protocol.ts.
   */
  read(at: number, index: number): number
  /** Adds a line, all of whose fields became points, to the known ones. */
  learn(fields: readonly LearntField[]): void
}

const NEWLINE = 10
const SPACE = 32
const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92
const LOWER_I = 105

const MAX_FIELDS = 256
/** The microseconds of a unit; nanoseconds are cut. */
const MICROS: Readonly<Record<Precision, number>> = {
  n: 0,
  ns: 0,
  u: 1,
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
}

/** Opens the known lines of an instance that have these labels. */
export function openKnownLines(
  memory: SeriesMemory,
  meaning: string,
  body: Buffer,
  precision: Precision,
  collector: Collector,
): KnownLines {
  const reading: Reading = {
    index: openByteIndex(memory, `lines ${meaning}`),
    body,
    view: new DataView(body.buffer, body.byteOffset, body.byteLength),
    micros: MICROS[precision],
    values: new Float64Array(MAX_FIELDS),
    series: [],
    last: undefined,
    stamp: { from: 0, length: 0, at: 0, nanos: -1 },
    scanned: new Float64Array(1),
  }
  return {
    read: (at, index) => readLine(reading, collector, at, index),
    learn: (fields) => learn(reading, fields),
  }
}

interface Reading {
  readonly index: ByteIndex
  readonly body: Buffer
  readonly view: DataView
  /** Microseconds of the unit of timestamps; 0 for nanoseconds. */
  readonly micros: number
  /** Values of the current line's fields, and their series. */
  readonly values: Float64Array
  readonly series: KnownSeries[]
  /** The first field of the previous line. */
  last: Run | undefined
  /** The previous timestamp: its text, its microseconds, and the nanoseconds beyond them, which are below 0 when the unit is coarser. */
  readonly stamp: { from: number; length: number; at: Micros; nanos: number }
  readonly scanned: Float64Array
}

function readLine(reading: Reading, collector: Collector, at: number, index: number): number {
  const { body, stamp, series, values } = reading
  const first = find(reading, at)
  if (!first) return -1
  const fields = readFields(reading, first, at)
  if (fields < 0) return -1
  let end = reading.scanned[0] as number
  const isStamped = body[end] === SPACE
  if (isStamped) end = readStamp(reading, end + 1)
  if (end < 0 || !isEnd(body, end)) return -1
  const instant = isStamped ? stamp.at : Number.NaN
  const nanos = isStamped ? stamp.nanos : -1
  for (let i = 0; i < fields; i++)
    collector.addKnown(index, series[i] as KnownSeries, instant, values[i] as number, nanos)
  return end + 1
}

/** Reads the fields of a line and stores the position of their end in `scanned`. Returns the number of fields, or -1 for an unusual line. */
function readFields(reading: Reading, first: Run, at: number): number {
  const { body, view, series, scanned } = reading
  let run = first
  let cursor = at + run.length
  for (let field = 0; ; ) {
    cursor = readValue(reading, cursor, field)
    if (cursor < 0) return -1
    series[field++] = run.series
    if (body[cursor] !== COMMA) {
      scanned[0] = cursor
      return field
    }
    const { more } = run
    if (!more || field === MAX_FIELDS || !isRunAt(more, view, cursor)) return -1
    cursor += more.length
    run = more
  }
}

function find(reading: Reading, at: number): Run | undefined {
  const { index, body, view, last } = reading
  const predicted = last?.next
  if (predicted && isRunAt(predicted, view, at)) return (reading.last = predicted)
  const to = endOfHead(body, at)
  const run = to < 0 ? undefined : index.find(view, at, to)
  if (run) follow(reading, run)
  return run
}

function follow(reading: Reading, run: Run): void {
  if (reading.last) reading.last.next = run
  reading.last = run
}

function learn(reading: Reading, fields: readonly LearntField[]): void {
  let before: Run | undefined
  for (const { series, from, valueAt } of fields) {
    const run: Run = reading.index.learn(reading.view, from, valueAt, series, before === undefined)
    if (before) before.more = run
    else follow(reading, run)
    before = run
  }
}

/** Returns the position of the timestamp's end, or -1 for an unusual timestamp. */
function readStamp({ body, stamp, micros, scanned }: Reading, from: number): number {
  const to = from + stamp.length
  if (stamp.length > 0 && isEnd(body, to) && isSameText(body, stamp.from, from, stamp.length)) return to
  const end = endOfDigits(body, from)
  const cut = micros === 0 ? 3 : 0
  if (end - from <= cut || !isEnd(body, end)) return -1
  if (scanDigits(body, from, end - cut, scanned, 0) < 0) return -1
  stamp.nanos = cut === 0 ? -1 : digitsAt(body, end - cut)
  stamp.from = from
  stamp.length = end - from
  stamp.at = (scanned[0] as number) * (micros || 1)
  return end
}

/** Returns the position after the value; -1 when it is neither a number nor a boolean. */
function readValue({ body, values }: Reading, from: number, i: number): number {
  const end = scanDecimal(body, from, body.length, values, i)
  const next = end < 0 ? 0 : body[end]
  if (next === SPACE || next === COMMA || next === NEWLINE || end === body.length) return end
  if (next === LOWER_I && Number.isInteger(values[i])) {
    const after = body[end + 1]
    if (after === SPACE || after === COMMA || isEnd(body, end + 1)) return hasDot(body, from, end) ? -1 : end + 1
  }
  return readLongValue(body, from, values, i)
}

const isEnd = (body: Buffer, at: number): boolean => at === body.length || body[at] === NEWLINE

/** Maximum bytes of the two parts of a line before its fields. A longer line is refused by the full parser. */
const MAX_HEAD_BYTES = 131_072

/** Returns the position after the first `=` of the fields; -1 for an unusual line. */
function endOfHead(body: Buffer, from: number): number {
  const end = Math.min(body.length, from + MAX_HEAD_BYTES)
  let before = 0
  let at = from
  for (; at < end; at++) {
    const byte = body[at] as number
    if (byte === NEWLINE) return -1
    if (byte === SPACE && before !== BACKSLASH) break
    before = byte
  }
  while (at < end && body[at] === SPACE) at++
  for (before = 0; at < end; at++) {
    const byte = body[at] as number
    if (byte === EQUALS && before !== BACKSLASH) return at + 1
    if (byte === NEWLINE || byte === SPACE) return -1
    before = byte
  }
  return -1
}

function isSameText(body: Buffer, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (body[one + i] !== body[other + i]) return false
  return true
}

/** Maximum digits of a timestamp that is read here. */
const MAX_DIGITS = 32

function endOfDigits(body: Buffer, from: number): number {
  const stop = from + MAX_DIGITS
  let at = from
  for (let byte = body[at] ?? 0; byte >= 48 && byte <= 57 && at < stop; byte = body[at] ?? 0) at++
  return at
}

const digitsAt = (body: Buffer, at: number): number =>
  ((body[at] as number) - 48) * 100 + ((body[at + 1] as number) - 48) * 10 + ((body[at + 2] as number) - 48)

function hasDot(body: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (body[at] === 46) return true
  return false
}

/** Reads a number that has more digits or another form than `scanDecimal` accepts. */
function readLongValue(body: Buffer, from: number, into: Float64Array, i: number): number {
  let end = from
  for (let byte = body[end]; byte !== undefined && byte > SPACE && byte !== COMMA && end - from <= 40; byte = body[end])
    end++
  const value = end - from > 40 || end === from ? undefined : readFieldValue(body.toString('latin1', from, end))
  if (value === undefined || !(Math.abs(value) <= 1e150)) return -1
  into[i] = value
  return end
}
