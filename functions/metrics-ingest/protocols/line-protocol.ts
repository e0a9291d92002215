// Parses InfluxDB line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. It is our own parser, because
// those on npm fail on escapes. The body is read as latin1, one character per byte, because the grammar uses only ASCII.
import type { Micros } from '@penstock/shared/base/time.ts'
import {
  type Collector,
  type DecodeContext,
  type Decoded,
  type JudgedLabels,
  judgeNames,
  type Names,
  openCollector,
} from './collector.ts'
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
  /** Undefined for a string. */
  readonly value: number | undefined
}

interface Lines {
  readonly text: string
  readonly precision: Precision
  /** Labels of every series without a tag of that name. */
  readonly labels: ReadonlyMap<string, string>
  /** Lines with only strings; another line may give their points a number. */
  readonly onlyStrings: OnlyStrings[]
  at: number
  /** Number of the current line, from 0. A string may contain line ends. */
  line: number
}

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const HASH = 35
const COMMA = 44
const EQUALS = 61
const BACKSLASH = 92

/** Created once: a body may hold as many such lines as it has quotes, and an error's stack costs more than the line. */
const GOES_ON = new LineError('has characters after the end of a string')
const NO_LABELS: ReadonlyMap<string, string> = new Map()
/** A byte order mark of UTF-8, one character per byte. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

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
export function decodeLines(
  context: DecodeContext,
  body: Buffer,
  precision: Precision,
  { labels = NO_LABELS, passed }: LineOptions = {},
): DecodedLines {
  const collector = openCollector(context, 'value')
  const text = body.toString('latin1')
  const lines: Lines = { text, precision, labels, onlyStrings: [], at: 0, line: 0 }
  const known = new Map<string, Series>()
  let parsed = 0
  while (lines.at < lines.text.length) {
    const index = lines.line
    const from = lines.at
    if (!isBlank(lines)) {
      try {
        readLine(lines, collector, known, index)
        parsed++
      } catch (error) {
        if (!(error instanceof LineError)) throw error
        collector.refuse(index, 'invalid', 'the line', error.message)
      }
    }
    goToNextLine(lines)
    passed?.(index, lines.text.slice(from, lines.at))
  }
  return { ...settleStrings(lines, collector), parsed }
}

/** Ignores a line with only strings when another line gives its point a number, and refuses it otherwise. */
function settleStrings({ onlyStrings }: Lines, collector: Collector): Decoded {
  if (onlyStrings.length === 0) return collector.decoded()
  const pointOf = (service: string, labels: string | undefined, at: Micros | null) => `${service}\0${labels}\0${at}`
  const withNumbers = new Set(collector.decoded().points.map(({ service, labels, at }) => pointOf(service, labels, at)))
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
export function keepLines(
  context: DecodeContext,
  body: Buffer,
  precision: Precision,
  indexes: ReadonlySet<number>,
): Buffer {
  const parts: string[] = []
  const passed = (index: number, text: string) => {
    parts.push(indexes.has(index) ? text : text.replaceAll(/[^\n]+/g, ''))
  }
  decodeLines(context, body, precision, { passed })
  return Buffer.from(parts.join(''), 'latin1')
}

/** Spaces and byte order marks before a line are ignored; a line with nothing else, and a comment, is blank. */
function isBlank(lines: Lines): boolean {
  skipSpaces(lines)
  if (lines.text.startsWith(BYTE_ORDER_MARK, lines.at)) lines.at += BYTE_ORDER_MARK.length
  skipSpaces(lines)
  return isAtEnd(lines) || lines.text.charCodeAt(lines.at) === HASH
}

function goToNextLine(lines: Lines): void {
  const end = lines.text.indexOf('\n', lines.at)
  lines.at = end < 0 ? lines.text.length : end + 1
  lines.line++
}

function readLine(lines: Lines, collector: Collector, known: Map<string, Series>, index: number): void {
  const series = readSeries(lines, collector, known)
  skipSpaces(lines)
  const fields = [readField(lines)]
  while (lines.text.charCodeAt(lines.at) === COMMA) {
    lines.at++
    fields.push(readField(lines))
  }
  skipSpaces(lines)
  const instant = isAtEnd(lines) ? undefined : readInstant(lines)
  if (fields.length > 1 && new Set(fields.map(({ key }) => key)).size < fields.length)
    throw new LineError('has the same field twice')
  if (fields.every(({ value }) => value === undefined)) {
    lines.onlyStrings.push({ index, strings: fields.length, series, at: instant?.at })
    return
  }
  for (const { key, value } of fields) {
    if (value === undefined) collector.ignore()
    else collector.add(index, namesOf(series, key), series.labels, instant?.at, value, instant?.nanos)
  }
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

function readField(lines: Lines): Field {
  const key = takeUntil(lines, (code) => code === EQUALS || code === COMMA || code === SPACE)
  if (key === '') throw new LineError('has a field without a name')
  if (lines.text.charCodeAt(lines.at) !== EQUALS) throw new LineError('has a field without a value')
  lines.at++
  if (lines.text.charCodeAt(lines.at) === QUOTE) {
    passString(lines)
    return { key, value: undefined }
  }
  const text = takeUntil(lines, (code) => code === COMMA || code === SPACE)
  if (text === '') throw new LineError('has a field without a value')
  const value = readFieldValue(text)
  if (value === undefined) throw new LineError('has a field whose value is not a number, boolean or string')
  return { key, value }
}

/**
 * Skips a string, which may hold line ends. An unterminated string is assumed to end with its line, so that it does not swallow other
 * lines.
 */
function passString(lines: Lines): void {
  const { text } = lines
  let newlines = 0
  for (let at = lines.at + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    if (text.charCodeAt(at) === NEWLINE) newlines++
    if (code !== QUOTE) continue
    const isOver = [COMMA, SPACE].includes(text.charCodeAt(at + 1)) || isAtEnd({ text, at: at + 1 })
    // The lines that such a string would have swallowed are parsed normally.
    if (!isOver) throw GOES_ON
    lines.at = at + 1
    lines.line += newlines
    return
  }
  throw new LineError('has a string without its closing quote')
}

function readInstant(lines: Lines): Instant {
  const text = takeUntil(lines, (code) => code === SPACE)
  skipSpaces(lines)
  const at = readLineInstant(text, lines.precision)
  if (at === undefined) throw new LineError('has a timestamp that is not a whole number')
  if (!isAtEnd(lines)) throw new LineError('has characters after its timestamp')
  return { at, nanos: lineNanos(text, lines.precision) }
}

/** Returns the text before the first stop character that is not escaped by a backslash, or before the end of the line. */
function takeUntil(lines: Lines, isStop: (code: number) => boolean): string {
  const { text } = lines
  const from = lines.at
  let before = 0
  for (; lines.at < text.length; lines.at++) {
    const code = text.charCodeAt(lines.at)
    if (code === NEWLINE || (code === RETURN && isAtEnd(lines))) break
    if (before !== BACKSLASH && isStop(code)) break
    before = code
  }
  return text.slice(from, lines.at)
}

function skipSpaces(lines: Lines): void {
  while (lines.text.charCodeAt(lines.at) === SPACE) lines.at++
}

/** Returns whether the line ends here. A carriage return before the line feed belongs to the line end. */
function isAtEnd({ text, at }: Pick<Lines, 'text' | 'at'>): boolean {
  if (at >= text.length) return true
  const code = text.charCodeAt(at)
  if (code === NEWLINE) return true
  return code === RETURN && (at + 1 === text.length || text.charCodeAt(at + 1) === NEWLINE)
}
