// Parses InfluxDB line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. It is our own parser, because
// those on npm fail on escapes. The body is read as latin1, one character per byte, because the grammar uses only ASCII.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { openPieces } from './body-pieces.ts'
import {
  type Collector,
  type DecodeContext,
  type Decoded,
  type JudgedLabels,
  judgeNames,
  type Names,
  openCollector,
} from './collector.ts'
import { type KnownLines, type LearntField, openKnownLines } from './known-lines.ts'
import {
  closingQuote,
  goToNextLine,
  isAtEnd,
  isBlank,
  type LineCursor,
  MAX_LINE_BYTES,
  showLine,
  skipSpaces,
  takeUntil,
} from './line-cursor.ts'
import { LineError, readFieldKey, readLineHead } from './line-series.ts'
import { lineNanos, type Precision, readFieldValue, readLineInstant } from './line-values.ts'

export interface DecodedLines extends Decoded {
  /** Number of lines that follow the grammar, whatever became of their fields. */
  readonly parsed: number
}

/** A series without its last part, the field, and the names of its fields so far. */
interface Series {
  readonly service: string
  readonly labels: JudgedLabels
  readonly fields: Map<string, Names>
}

interface OnlyStrings {
  readonly index: number
  readonly strings: number
  readonly series: Series
  readonly at: Micros | undefined
}

interface Instant {
  readonly at: Micros
  readonly nanos: number | undefined
}

interface Field {
  readonly key: string
  /** Where its part of the line begins, and where its value does. */
  readonly from: number
  readonly valueAt: number
  /** Undefined for a string. */
  readonly value: number | undefined
}

interface Lines extends LineCursor {
  readonly precision: Precision
  /** Labels of every series without a tag of that name. */
  readonly labels: ReadonlyMap<string, string>
  /** Lines with only strings; another line may give their points a number. */
  readonly onlyStrings: OnlyStrings[]
  /** Undefined where every line has to be read. */
  readonly lines: KnownLines | undefined
}

const SPACE = 32
const QUOTE = 34
const COMMA = 44
const EQUALS = 61

/** Created once: a body may hold as many such lines as it has quotes, and an error's stack costs more than the line. */
const GOES_ON = new LineError('has characters after the end of a string')
const TOO_MANY_FIELDS = new LineError('has more than 10000 fields')
const TOO_LONG_LINE = new LineError(`has more than ${MAX_LINE_BYTES} bytes`)
/** A line is read in one piece: so many fields take a few milliseconds. */
const MAX_FIELDS = 10_000
const NO_LABELS: ReadonlyMap<string, string> = new Map()

export interface LineOptions {
  /** Labels of every series without a tag of that name: the database that a request names. */
  readonly labels?: ReadonlyMap<string, string>
  /** Called for each line, empty ones too, with its text and line end, one character per byte. */
  readonly passed?: (index: number, text: string) => void
}

/**
 * Decodes lines. An entry is a line, and its index is that of its first line of text. An invalid line does not affect the others. Strings
 * are ignored when the same point has numbers, on its line or on another. Time and memory are bounded by the size of the body.
 * @throws {Problem} 413 for too many values.
 */
export function* decodeLines(
  context: DecodeContext,
  body: Buffer,
  precision: Precision,
  { labels = NO_LABELS, passed }: LineOptions = {},
): Pieces<DecodedLines> {
  const collector = openCollector(context, 'value')
  const lines = openLines(context, body, precision, labels, passed ? undefined : collector)
  const known = new Map<string, Series>()
  let parsed = 0
  const place = { at: 0 }
  const pieces = openPieces(place, collector)
  while (place.at < body.length) {
    if (pieces.isOver()) yield* pieces.pause()
    const next = lines.lines?.read(place.at, lines.line) ?? -1
    if (next >= 0) {
      place.at = next
      lines.line++
      parsed++
      continue
    }
    const { at: from } = place
    const { line: index } = lines
    showLine(lines, from)
    if (readAny(lines, collector, known)) parsed++
    place.at = goToNextLine(lines)
    passed?.(index, body.toString('latin1', from, place.at))
  }
  return { ...settleStrings(lines, collector), parsed }
}

function openLines(
  { memory, tenant }: DecodeContext,
  body: Buffer,
  precision: Precision,
  labels: ReadonlyMap<string, string>,
  collector: Collector | undefined,
): Lines {
  const meaning = JSON.stringify([[...labels], tenant.ignoredLabels])
  return {
    body,
    base: 0,
    // Mostly no line is read as text.
    text: '',
    precision,
    labels,
    onlyStrings: [],
    lines: collector && openKnownLines(memory, meaning, body, precision, collector),
    at: 0,
    line: 0,
  }
}

/** Reads the line at the cursor, whatever it is. Returns whether it keeps the grammar, and is a line at all. */
function readAny(lines: Lines, collector: Collector, known: Map<string, Series>): boolean {
  const index = lines.line
  if (isBlank(lines)) return false
  try {
    readLine(lines, collector, known, index)
    return true
  } catch (error) {
    if (!(error instanceof LineError)) throw error
    collector.refuse(index, 'invalid', 'the line', error.message)
    return false
  }
}

/** Ignores a line with only strings when another line gives its point a number, and refuses it otherwise. */
function settleStrings({ onlyStrings }: Lines, collector: Collector): Decoded {
  if (onlyStrings.length === 0) return collector.decoded()
  const pointOf = (service: string, labels: string | undefined, at: number) => `${service}\0${labels}\0${at}`
  const { name, at: instants, length, series: named } = collector.points
  const withNumbers = new Set<string>()
  for (let i = 0; i < length; i++) {
    const one = named[name[i] as number]
    if (one) withNumbers.add(pointOf(one.service, one.labels, instants[i] as number))
  }
  for (const { index, strings, series, at } of onlyStrings) {
    const isBesideNumbers = at !== undefined && withNumbers.has(pointOf(series.service, series.labels.canonical, at))
    if (!isBesideNumbers)
      collector.refuse(index, 'invalid', 'the line', 'has only string fields, and strings are not stored')
    else for (let i = 0; i < strings; i++) collector.ignore()
  }
  const decoded = collector.decoded()
  return { ...decoded, rejections: decoded.rejections.toSorted((a, b) => a.index - b.index) }
}

/**
 * Returns the same body with every other line emptied: the remaining lines keep their indexes, and so the instants of those without one
 * of their own.
 */
export function* keepLines(
  context: DecodeContext,
  body: Buffer,
  precision: Precision,
  indexes: ReadonlySet<number>,
): Pieces<Buffer> {
  const parts: string[] = []
  const passed = (index: number, text: string) => {
    parts.push(indexes.has(index) ? text : text.replaceAll(/[^\n]+/g, ''))
  }
  yield* decodeLines(context, body, precision, { passed })
  return Buffer.from(parts.join(''), 'latin1')
}

function readLine(lines: Lines, collector: Collector, known: Map<string, Series>, index: number): void {
  const begin = lines.at
  const series = readSeries(lines, collector, known)
  skipSpaces(lines)
  const fields = [readField(lines, begin)]
  while (lines.text.charCodeAt(lines.at) === COMMA) {
    const from = lines.at++
    if (fields.length === MAX_FIELDS) throw TOO_MANY_FIELDS
    if (from - begin > MAX_LINE_BYTES) throw TOO_LONG_LINE
    fields.push(readField(lines, from))
  }
  skipSpaces(lines)
  const instant = isAtEnd(lines) ? undefined : readInstant(lines)
  if (fields.length > 1 && new Set(fields.map(({ key }) => key)).size < fields.length)
    throw new LineError('has the same field twice')
  if (fields.every(({ value }) => value === undefined)) {
    lines.onlyStrings.push({ index, strings: fields.length, series, at: instant?.at })
    return
  }
  const learnt: LearntField[] = []
  for (const { key, value, from, valueAt } of fields) {
    if (value === undefined) collector.ignore()
    else {
      const names = namesOf(series, key)
      const taken = collector.add(index, names, series.labels, instant?.at, value, instant?.nanos)
      if (taken) learnt.push({ series: taken, from: lines.base + from, valueAt: lines.base + valueAt })
    }
  }
  if (learnt.length === fields.length) lines.lines?.learn(learnt)
}

function readSeries(lines: Lines, collector: Collector, known: Map<string, Series>): Series {
  const head = takeUntil(lines, (code) => code === SPACE)
  if (isAtEnd(lines)) throw new LineError('has no fields')
  const before = known.get(head)
  if (before) return before
  const { measurement, tags } = readLineHead(head)
  const labels = collector.labels(lines.labels.size === 0 ? tags : new Map([...lines.labels, ...tags]))
  const series = { service: measurement, labels, fields: new Map<string, Names>() }
  known.set(head, series)
  return series
}

function namesOf({ service, fields }: Series, key: string): Names {
  const known = fields.get(key)
  if (known) return known
  const names = judgeNames(service, readFieldKey(key), '1')
  fields.set(key, names)
  return names
}

function readField(lines: Lines, from: number): Field {
  const key = takeUntil(lines, (code) => code === EQUALS || code === COMMA || code === SPACE)
  if (key === '') throw new LineError('has a field without a name')
  if (lines.text.charCodeAt(lines.at) !== EQUALS) throw new LineError('has a field without a value')
  const valueAt = ++lines.at
  if (lines.text.charCodeAt(lines.at) === QUOTE) {
    passString(lines)
    return { key, value: undefined, from, valueAt }
  }
  const text = takeUntil(lines, (code) => code === COMMA || code === SPACE)
  if (text === '') throw new LineError('has a field without a value')
  const value = readFieldValue(text)
  if (value === undefined) throw new LineError('has a field whose value is not a number, boolean or string')
  return { key, value, from, valueAt }
}

/**
 * Skips a string, which may hold line ends. An unterminated string is assumed to end with its line, so that it does not swallow other
 * lines.
 */
function passString(lines: Lines): void {
  const { text, at: open } = lines
  const close = closingQuote(text, open + 1)
  if (close < 0) throw new LineError('has a string without its closing quote')
  const isOver = [COMMA, SPACE].includes(text.charCodeAt(close + 1)) || isAtEnd({ text, at: close + 1 })
  // The lines that such a string would have swallowed are parsed normally.
  if (!isOver) throw GOES_ON
  for (let at = text.indexOf('\n', open); at >= 0 && at < close; at = text.indexOf('\n', at + 1)) lines.line++
  lines.at = close + 1
}

function readInstant(lines: Lines): Instant {
  const text = takeUntil(lines, (code) => code === SPACE)
  skipSpaces(lines)
  const at = readLineInstant(text, lines.precision)
  if (at === undefined) throw new LineError('has a timestamp that is not a whole number')
  if (!isAtEnd(lines)) throw new LineError('has characters after its timestamp')
  return { at, nanos: lineNanos(text, lines.precision) }
}
