// Reads points from the bytes of a list of our own JSON. An entry whose bytes are known is read without making a text or an object. Any other
// entry is parsed and checked individually, and is known afterwards.
import { isUtf8 } from 'node:buffer'
import { type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import { inPieces, type Pieces } from '@penstock/shared/base/unhurried.ts'
import {
  createNameCount,
  MAX_DIFFERENT_NAMES,
  MAX_VALUES,
  type NameCount,
  NO_NAMES,
} from '@penstock/shared/base/value-count.ts'
import { ENTRY_BYTES } from '@penstock/shared/base/wire.ts'
import { parseUnhurried, validateBody } from '@penstock/shared/http/validation.ts'
import { MAX_VALUE } from '@penstock/shared/points/metric.ts'
import { collectPoints, type PointCollector } from '@penstock/shared/points/named-columns.ts'
import { instantRange, judgeEntries, type Rejection } from '@penstock/shared/points/verdicts.ts'
import type { Preferences } from './answers.ts'
import { MAX_BATCH, routes } from './contract.ts'
import type { IngestRequest } from './handler.ts'
import { type JudgedMetrics, judgeMetrics } from './judge-metrics.ts'
import { type EntryShape, type KnownEntry, type KnownMetrics, openKnownMetrics } from './known-metrics.ts'
import { openPieces } from './protocols/body-pieces.ts'
import { isEqual } from './protocols/byte-index.ts'
import type { DecodeContext } from './protocols/collector.ts'
import { scanDecimal } from './protocols/scan-number.ts'
import { endOfNumber, endOfPlain, scanEntry, skipBlank } from './scan-entry.ts'

const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const ZERO = 0x30

/** A body with an entry longer than this is parsed as a whole. */
const MAX_ENTRY_BYTES = 32 * 1024
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads a list of metrics. When the answer echoes its entries, the body is parsed now; otherwise `scan` judges its bytes later, without
 * parsing them as a whole, and throws the same errors.
 * @throws {Problem} 400 when the body is not valid JSON, 413 for too many values, 422 when it is not a list of metrics.
 */
export async function readBatch(
  body: Buffer,
  { echo }: Pick<Preferences, 'echo'>,
): Promise<Pick<IngestRequest, 'entries' | 'scan' | 'pointerOf'>> {
  const pointerOf = (index: number): string => `/${index}`
  const parse = async (): Promise<unknown[]> => validateBody(routes.batch.body, await parseUnhurried(body))
  if (echo) return { entries: await parse(), pointerOf }
  const scan = async (context: DecodeContext): Promise<JudgedMetrics> =>
    (await inPieces(scanMetrics(context, body))) ?? (await judgeMetrics(context, await parse()))
  return { entries: [], scan, pointerOf }
}

interface Scan {
  readonly context: DecodeContext
  readonly bytes: Buffer
  readonly view: DataView
  readonly points: PointCollector
  readonly rejections: Rejection[]
  readonly known: KnownMetrics
  readonly earliest: Micros
  readonly latest: Micros
  readonly scanned: Float64Array
  /** The last timestamp as text, and its instant. */
  readonly stamp: { from: number; length: number; at: Micros }
  last: KnownEntry | undefined
  /** The names of the entries that are not known. */
  readonly names: NameCount
  values: number
  at: number
}

/** Like `readBatch` without an echo. Returns undefined for a body that is not plainly a list of objects: the caller must parse it as a whole. */
export function* scanMetrics(context: DecodeContext, bytes: Buffer): Pieces<JudgedMetrics | undefined> {
  let at = skipBlank(bytes, 0)
  if (bytes[at] !== OPEN_ARRAY || !isUtf8(bytes)) return undefined
  const scan = openScan(context, bytes)
  const pieces = openPieces(scan, scan.points)
  at = skipBlank(bytes, at + 1)
  if (bytes[at] === CLOSE_ARRAY) return isOver(bytes, at + 1) ? judged(scan) : undefined
  for (let index = 0; index < MAX_BATCH; index++) {
    scan.at = at
    at = readKnown(scan, scan.last?.next, at, index)
    if (at < 0) at = readAny(scan, scan.at, index)
    if (at < 0 || scan.values > MAX_VALUES) return undefined
    at = skipBlank(bytes, at)
    if (bytes[at] === CLOSE_ARRAY) return isOver(bytes, at + 1) ? judged(scan) : undefined
    if (bytes[at] !== COMMA) return undefined
    at = skipBlank(bytes, at + 1)
    if (pieces.isOver()) yield* pieces.pause()
  }
  return undefined
}

function openScan(context: DecodeContext, bytes: Buffer): Scan {
  return {
    context,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    points: collectPoints(),
    rejections: [],
    known: openKnownMetrics(context.memory, context.tenant.ignoredLabels),
    ...instantRange(context.limits, context.now),
    scanned: new Float64Array(1),
    stamp: { from: 0, length: 0, at: 0 },
    last: undefined,
    names: bytes.length > ENTRY_BYTES ? createNameCount() : NO_NAMES,
    values: 1,
    at: 0,
  }
}

const judged = ({ points, rejections }: Scan): JudgedMetrics => ({ points: points.columns, rejections })

const isOver = (bytes: Buffer, at: number): boolean => skipBlank(bytes, at) === bytes.length

/** Reads an entry that has the bytes of a known one. Returns the position of its end, or -1 when the bytes differ or a part of it is unusual. */
function readKnown(scan: Scan, entry: KnownEntry | undefined, from: number, index: number): number {
  if (!entry) return -1
  const { view, points, scanned, earliest, latest } = scan
  const { block, first, second, third, isValueFirst } = entry
  if (!isEqual(block, entry.from, view, from, first)) return -1
  let at = from + first
  let instant: Micros = Number.NaN
  at = isValueFirst ? readValue(scan, at) : readStamp(scan, at)
  if (at < 0 || !isEqual(block, entry.from + first, view, at, second)) return -1
  at += second
  if (third > 0) {
    at = isValueFirst ? readStamp(scan, at) : readValue(scan, at)
    if (at < 0 || !isEqual(block, entry.from + first + second, view, at, third)) return -1
    at += third
    instant = scan.stamp.at
    if (instant < earliest || instant > latest) return -1
  }
  points.add(index, points.placeOf(entry.series), instant, scanned[0] as number)
  scan.values += entry.values + 1
  scan.last = entry
  return at
}

/** Reads a number by the rules of JSON and of metrics into `scanned`. Returns the position of its end, or -1. */
function readValue({ bytes, scanned }: Scan, from: number): number {
  const digit = bytes[from] === 0x2d ? from + 1 : from
  const hasLeadingZero = bytes[digit] === ZERO && isDigit(bytes[digit + 1])
  const end = hasLeadingZero ? -1 : scanDecimal(bytes, from, bytes.length, scanned, 0)
  const next = end < 0 ? ZERO : bytes[end]
  // A number ends before a character that ends the member; any other character is a part of it.
  if (next !== ZERO && next !== 0x65 && next !== 0x45 && next !== 0x2e) return end
  const to = endOfNumber(bytes, from, Math.min(bytes.length, from + 500))
  const text = to - from > 400 ? '' : bytes.toString('latin1', from, to)
  const value = JSON_NUMBER.test(text) ? Number(text) : Number.NaN
  if (!(Math.abs(value) <= MAX_VALUE)) return -1
  scanned[0] = value
  return to
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= 0x39

/** Reads a timestamp up to its closing quote. Returns the position of that quote, or -1. */
function readStamp({ bytes, view, stamp }: Scan, from: number): number {
  const { length } = stamp
  if (length > 0 && bytes[from + length] === 0x22 && isEqual(view, stamp.from, view, from, length)) return from + length
  const end = endOfPlain(bytes, from, Math.min(bytes.length, from + 100))
  const at = end < 0 || end - from > 64 ? undefined : parseTimestamp(bytes.toString('latin1', from, end))
  if (at === undefined) return -1
  stamp.from = from
  stamp.length = end - from
  stamp.at = at
  return end
}

/** Reads any entry that begins at this position. Returns the position of its end, or -1 when the body must be parsed as a whole. */
function readAny(scan: Scan, from: number, index: number): number {
  const { bytes, view, context, points, rejections } = scan
  const shape = bytes[from] === OPEN_OBJECT ? scanEntry(bytes, from, MAX_ENTRY_BYTES, scan.names) : undefined
  if (!shape || scan.names.count > MAX_DIFFERENT_NAMES) return -1
  const hasHoles = shape.valueFrom >= 0
  const found = hasHoles ? scan.known.find(view, shape) : undefined
  if (found) {
    const before = scan.last
    const end = readKnown(scan, found, from, index)
    if (end >= 0) {
      if (before) before.next = found
      return end
    }
  }
  const entry = parse(bytes, shape)
  if (entry === undefined) return -1
  const verdict = judgeEntries([entry], context.tenant, context.limits, context.now, index)
  rejections.push(...verdict.rejections)
  const [point] = verdict.points
  scan.values += shape.values + 1
  if (!point) return shape.to
  const series = context.memory.know(point)
  points.add(index, points.placeOf(series), point.at ?? Number.NaN, point.value)
  const isWhole = point.at === null ? shape.stampFrom < 0 : shape.stampFrom >= 0
  if (hasHoles && isWhole) follow(scan, scan.known.learn(view, shape, series))
  return shape.to
}

function follow(scan: Scan, entry: KnownEntry): void {
  if (scan.last) scan.last.next = entry
  scan.last = entry
}

function parse(bytes: Buffer, { from, to }: EntryShape): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', from, to))
  } catch {
    return undefined
  }
}
