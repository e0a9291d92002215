// Parses InfluxDB line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. It is our own parser, because
// those on npm fail on escapes. The body is read as latin1, one character per byte, because the grammar uses only ASCII.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { MAX_LABEL_NAMES, TOO_MANY_NAMES } from '@penstock/shared/points/labels.ts'
import { openPieces } from './body-pieces.ts'
import {
  brokenLabels,
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
import { type LineInstant, type Precision, readFieldValue, readInstant } from './line-values.ts'
import { type StringLine, settleStrings } from './string-lines.ts'

export interface DecodedLines extends Decoded {
  /** Number of lines that follow the grammar, even if their fields were refused. */
  readonly parsed: number
}

/** A series without its last part, the field, and the names of its fields so far. */
interface Series {
  readonly service: string
  readonly labels: JudgedLabels
  readonly fields: Map<string, Names>
}

interface Field {
  readonly key: string
  /** Positions at which its part of the line and its value begin. */
  readonly from: number
  readonly valueAt: number
  /** Undefined for a string. */
  readonly value: number | undefined
}

interface Lines extends LineCursor {
  readonly precision: Precision
  /** Labels of every series without a tag of that name. */
  readonly labels: ReadonlyMap<string, string>
  /** Lines with only strings. Another line may give their points a number. */
  readonly onlyStrings: StringLine[]
  /** The known lines; undefined when every line must be parsed. */
  readonly lines: KnownLines | undefined
  /** Adds the fields of the current line when they are too many for one piece. */
  rest: Pieces<void> | undefined
}

const SPACE = 32
const QUOTE = 34
const COMMA = 44
const EQUALS = 61

/** Created once: a body may hold as many such lines as it has quotes, and an error's stack costs more than the line. */
const GOES_ON = new LineError('has characters after the end of a string')
const TOO_MANY_FIELDS = new LineError('has more than 10000 fields')
const TOO_LONG_LINE = new LineError(`has more than ${MAX_LINE_BYTES} bytes`)
/** Maximum fields of a line, which is read in one piece: so many take a few milliseconds. */
const MAX_FIELDS = 10_000
/** Fields whose values are added in one piece. Adding takes longer than reading, because each may need a new series. */
const FIELDS_OF_A_PIECE = 1_000
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
    if (lines.rest) yield* lines.rest
    lines.rest = undefined
    place.at = goToNextLine(lines)
    passed?.(index, body.toString('latin1', from, place.at))
  }
  return { ...(yield* settleStrings(lines.onlyStrings, collector)), parsed }
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
    // Most lines are never read as text.
    text: '',
    precision,
    labels,
    onlyStrings: [],
    rest: undefined,
    lines: collector && openKnownLines(memory, meaning, body, precision, collector),
    at: 0,
    line: 0,
  }
}

/** Reads the line at the cursor. Returns true when it follows the grammar and is not blank. */
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
  const instant = isAtEnd(lines) ? undefined : readInstant(lines, lines.precision)
  if (fields.length > 1 && new Set(fields.map(({ key }) => key)).size < fields.length)
    throw new LineError('has the same field twice')
  if (fields.every(({ value }) => value === undefined)) {
    lines.onlyStrings.push({ index, strings: fields.length, series, at: instant?.at })
    return
  }
  const added = { index, series, fields, instant, learnt: [] }
  if (fields.length <= FIELDS_OF_A_PIECE) return addFields(lines, collector, added, 0, fields.length)
  // A name that breaks the grammar refuses the line before a value of it is added.
  for (const { key } of fields) namesOf(series, key)
  lines.rest = addInPieces(lines, collector, added)
}

/** A line whose fields are being added. */
interface Added {
  readonly index: number
  readonly series: Series
  readonly fields: readonly Field[]
  readonly instant: LineInstant | undefined
  readonly learnt: LearntField[]
}

function* addInPieces(lines: Lines, collector: Collector, added: Added): Pieces<void> {
  for (let from = 0; from < added.fields.length; from += FIELDS_OF_A_PIECE) {
    addFields(lines, collector, added, from, Math.min(added.fields.length, from + FIELDS_OF_A_PIECE))
    yield
    collector.paused()
  }
}

/** Adds the values of fields, and learns the line after the last one. */
function addFields(lines: Lines, collector: Collector, added: Added, begin: number, end: number): void {
  const { index, series, fields, instant, learnt } = added
  for (let i = begin; i < end; i++) {
    const { key, value, from, valueAt } = fields[i] as Field
    if (value === undefined) collector.ignore()
    else {
      const names = namesOf(series, key)
      const taken = collector.add(index, names, series.labels, instant?.at, value, instant?.nanos)
      if (taken) learnt.push({ series: taken, from: lines.base + from, valueAt: lines.base + valueAt })
    }
  }
  if (end === fields.length && learnt.length === end) lines.lines?.learn(learnt)
}

function readSeries(lines: Lines, collector: Collector, known: Map<string, Series>): Series {
  const head = takeUntil(lines, (code) => code === SPACE)
  if (isAtEnd(lines)) throw new LineError('has no fields')
  const before = known.get(head)
  if (before) return before
  const { measurement, tags } = readLineHead(head)
  const own = lines.labels.size === 0 ? tags : new Map([...lines.labels, ...tags])
  const labels = own.size > MAX_LABEL_NAMES ? brokenLabels(TOO_MANY_NAMES) : collector.labels(own)
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
