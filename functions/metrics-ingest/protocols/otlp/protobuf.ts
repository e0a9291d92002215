// Decodes OTLP in Protocol Buffers from bytes to points, without an object for each message.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { openPiecesOfMessage, type PiecesOfBody } from '../body-pieces.ts'
import type { DecodeContext, Decoded } from '../collector.ts'
import {
  type Cursor,
  enter,
  leave,
  lengthField,
  nextField,
  openCursor,
  readText,
  readVarint,
  skip,
  varintField,
} from '../protobuf-reader.ts'
import { type AttributesAt, noteAttribute, openAttributes, type Ranges } from './attributes.ts'
import { type ReadDataPoint, readExponentialHistogram, readHistogram, readNumber, readSummary } from './data-points.ts'
import type { LazyAttributes, MetricHead } from './model.ts'
import { type OtlpPoints, openOtlpPoints, type ResourcePoints, type ScopePoints } from './points.ts'

const RESOURCE_METRICS = lengthField(1)

const RESOURCE = lengthField(1)
const SCOPE_METRICS = lengthField(2)

const RESOURCE_ATTRIBUTES = lengthField(1)

const SCOPE = lengthField(1)
const METRICS = lengthField(2)

const SCOPE_NAME = lengthField(1)
const SCOPE_VERSION = lengthField(2)
const SCOPE_ATTRIBUTES = lengthField(3)

const NAME = lengthField(1)
const UNIT = lengthField(3)
const GAUGE = lengthField(5)
const SUM = lengthField(7)
const HISTOGRAM = lengthField(9)
const EXPONENTIAL_HISTOGRAM = lengthField(10)
const SUMMARY = lengthField(11)

const DATA_POINTS = lengthField(1)
const TEMPORALITY = varintField(2)
const MONOTONIC = varintField(3)

const READERS: Readonly<Record<number, ReadDataPoint>> = {
  [GAUGE]: readNumber,
  [SUM]: readNumber,
  [HISTOGRAM]: readHistogram,
  [EXPONENTIAL_HISTOGRAM]: readExponentialHistogram,
  [SUMMARY]: readSummary,
}

const KINDS: Readonly<Record<number, Pick<MetricHead, 'kind'>>> = {
  [EXPONENTIAL_HISTOGRAM]: { kind: 'exponential_histogram' },
  [SUMMARY]: { kind: 'summary' },
}
const NO_ATTRIBUTES: LazyAttributes = { read: () => new Map() }

/**
 * Returns the points of an ExportMetricsServiceRequest. Time and memory are bounded by its size.
 * @throws {Problem} 400 for invalid Protocol Buffers; 413 for too many values.
 */
export function* decodeOtlpProtobuf(context: DecodeContext, body: Buffer): Pieces<Decoded> {
  const points = openOtlpPoints(context)
  const cursor = openCursor(body)
  const reading = { cursor, points, attributesAt: openAttributes(cursor), pieces: openPiecesOfMessage(cursor, points) }
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === RESOURCE_METRICS) yield* readResourceMetrics(reading)
    else skip(cursor, tag)
    if (reading.pieces.isOver()) yield* reading.pieces.pause()
  }
  return points.decoded()
}

interface Reading {
  readonly cursor: Cursor
  readonly points: OtlpPoints
  readonly attributesAt: AttributesAt
  readonly pieces: PiecesOfBody
}

/** Opened by its first data point: a request may hold a million resources and scopes without one. */
type OpenMetric = ScopePoints['metric']

/** Fields may come in any order, so the resource is located first. */
function* readResourceMetrics(reading: Reading): Pieces<void> {
  const { cursor, points, attributesAt, pieces } = reading
  const outer = enter(cursor)
  const begin = cursor.at
  let attributes: Ranges = []
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === RESOURCE) attributes = findAttributes(cursor, RESOURCE_ATTRIBUTES)
    else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  const resource = points.resource({ read: () => attributesAt(attributes).read() })
  cursor.at = begin
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SCOPE_METRICS) yield* readScopeMetrics(reading, resource)
    else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  leave(cursor, outer)
}

/** Returns the ranges of the attributes with this tag in the message at the cursor. */
function findAttributes(cursor: Cursor, wanted: number): Ranges {
  const ranges: Ranges = []
  const outer = enter(cursor)
  for (let from = cursor.at, tag = nextField(cursor); tag !== 0; from = cursor.at, tag = nextField(cursor)) {
    if (tag === wanted) noteAttribute(cursor, ranges, from)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return ranges
}

function* readScopeMetrics(reading: Reading, resource: ResourcePoints): Pieces<void> {
  const { cursor, attributesAt, pieces } = reading
  const outer = enter(cursor)
  const begin = cursor.at
  let scope = { name: '', version: '', attributes: NO_ATTRIBUTES }
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SCOPE) scope = readScope(cursor, attributesAt)
    else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  const points = resource.scope(scope)
  const open: OpenMetric = (head) => points.metric(head)
  cursor.at = begin
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === METRICS) yield* readMetric(reading, open)
    else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  leave(cursor, outer)
}

function readScope(cursor: Cursor, attributesAt: AttributesAt) {
  let name = ''
  let version = ''
  const begin = cursor.at
  const ranges = findAttributes(cursor, SCOPE_ATTRIBUTES)
  cursor.at = begin
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SCOPE_NAME) name = readText(cursor)
    else if (tag === SCOPE_VERSION) version = readText(cursor)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return { name, version, attributes: attributesAt(ranges) }
}

function* readMetric(reading: Reading, open: OpenMetric): Pieces<void> {
  const { cursor, pieces } = reading
  const outer = enter(cursor)
  let name = ''
  let unit = ''
  let data = 0
  let dataAt = 0
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === NAME) name = readText(cursor)
    else if (tag === UNIT) unit = readText(cursor)
    else {
      if (READERS[tag]) {
        data = tag
        dataAt = cursor.at
      }
      skip(cursor, tag)
    }
    if (pieces.isOver()) yield* pieces.pause()
  }
  if (data !== 0) {
    cursor.at = dataAt
    yield* readData(reading, data, { name, unit }, open)
  }
  leave(cursor, outer)
}

function* readData(
  { cursor, attributesAt, pieces }: Reading,
  kind: number,
  { name, unit }: MetricHead,
  open: OpenMetric,
): Pieces<void> {
  const outer = enter(cursor)
  const begin = cursor.at
  let temporality = 0
  let monotonic = 0
  let isEmpty = true
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === TEMPORALITY) temporality = readVarint(cursor)
    else if (tag === MONOTONIC) monotonic = readVarint(cursor)
    else {
      if (tag === DATA_POINTS) isEmpty = false
      skip(cursor, tag)
    }
    if (pieces.isOver()) yield* pieces.pause()
  }
  const read = READERS[kind]
  if (read && !isEmpty) {
    const sum = kind === SUM ? { monotonic: monotonic !== 0 } : {}
    const points = open({ name, unit, temporality, ...sum, ...KINDS[kind] })
    cursor.at = begin
    for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
      const rest = tag === DATA_POINTS ? read(cursor, points, attributesAt) : skip(cursor, tag)
      if (rest) yield* rest
      if (pieces.isOver()) yield* pieces.pause()
    }
  }
  leave(cursor, outer)
}
