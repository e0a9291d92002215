// Reads the data points of OTLP in Protocol Buffers, one at a time.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import {
  type Cursor,
  enter,
  fixed64Field,
  leave,
  lengthField,
  nextField,
  readDouble,
  readFixed64,
  readVarint,
  signed,
  skip,
  spend,
  varintField,
} from '../protobuf-reader.ts'
import { type AttributesAt, noteAttribute, type Ranges } from './attributes.ts'
import type { MetricPoints } from './data-values.ts'
import { type LazyAttributes, NO_RECORDED_VALUE } from './model.ts'

/** Reads the data point at the cursor and adds it to its metric. Returns pieces for work that may take long. */
export type ReadDataPoint = (
  cursor: Cursor,
  points: MetricPoints,
  attributesAt: AttributesAt,
) => Pieces<void> | undefined

/** The fields that have other numbers in different kinds of data points. */
interface Layout {
  readonly attributes: number
  readonly flags: number
}

interface Common {
  readonly attributes: LazyAttributes
  readonly at: Micros | undefined
  /** Nanoseconds after `at`. */
  readonly nanos: number
  readonly isRecorded: boolean
}

const TIME = fixed64Field(3)
const COUNT = fixed64Field(4)
const SUM = fixed64Field(5)

const NUMBER: Layout = { attributes: lengthField(7), flags: varintField(8) }
const AS_DOUBLE = fixed64Field(4)
const AS_INT = fixed64Field(6)

/** Reads a data point of a gauge or a sum. */
export const readNumber: ReadDataPoint = (cursor, points, attributesAt) => {
  let value: number | undefined
  const { isRecorded, attributes, at, nanos } = readCommon(cursor, NUMBER, attributesAt, (tag) => {
    if (tag === AS_DOUBLE) value = readDouble(cursor)
    else if (tag === AS_INT) {
      readFixed64(cursor)
      value = signed(cursor)
    } else skip(cursor, tag)
  })
  if (isRecorded) points.number(attributes, at, value, nanos)
  else points.skip()
  return undefined
}

const HISTOGRAM: Layout = { attributes: lengthField(9), flags: varintField(10) }
const BUCKET_COUNT = fixed64Field(6)
const BUCKET_COUNTS = lengthField(6)
const BOUND = fixed64Field(7)
const BOUNDS = lengthField(7)
const MIN = fixed64Field(11)
const MAX = fixed64Field(12)

export const readHistogram: ReadDataPoint = (cursor, points, attributesAt) => {
  const bounds: number[] = []
  const bucketCounts: number[] = []
  let [count, sum, min, max]: (number | undefined)[] = []
  const { isRecorded, attributes, at, nanos } = readCommon(cursor, HISTOGRAM, attributesAt, (tag) => {
    if (tag === COUNT) count = readFixed64(cursor)
    else if (tag === SUM) sum = readDouble(cursor)
    else if (tag === MIN) min = readDouble(cursor)
    else if (tag === MAX) max = readDouble(cursor)
    else if (tag === BUCKET_COUNT) bucketCounts.push(readFixed64(cursor))
    else if (tag === BUCKET_COUNTS) readPacked(cursor, bucketCounts, readFixed64)
    else if (tag === BOUND) bounds.push(readDouble(cursor))
    else if (tag === BOUNDS) readPacked(cursor, bounds, readDouble)
    else skip(cursor, tag)
  })
  if (!isRecorded) return points.skip()
  return points.distribution(attributes, at, { count: count ?? 0, sum, min, max, bounds, bucketCounts }, nanos)
}

const EXPONENTIAL: Layout = { attributes: lengthField(1), flags: varintField(10) }
const EXPONENTIAL_MIN = fixed64Field(12)
const EXPONENTIAL_MAX = fixed64Field(13)

/** Reads an exponential histogram, whose buckets have no bounds that could be a label: only its totals are used. */
export const readExponentialHistogram: ReadDataPoint = (cursor, points, attributesAt) => {
  let [count, sum, min, max]: (number | undefined)[] = []
  const { isRecorded, attributes, at, nanos } = readCommon(cursor, EXPONENTIAL, attributesAt, (tag) => {
    if (tag === COUNT) count = readFixed64(cursor)
    else if (tag === SUM) sum = readDouble(cursor)
    else if (tag === EXPONENTIAL_MIN) min = readDouble(cursor)
    else if (tag === EXPONENTIAL_MAX) max = readDouble(cursor)
    else skip(cursor, tag)
  })
  if (!isRecorded) return points.skip()
  const distribution = { count: count ?? 0, sum, min, max, bounds: [], bucketCounts: [] }
  return points.distribution(attributes, at, distribution, nanos)
}

const SUMMARY: Layout = { attributes: lengthField(7), flags: varintField(8) }
const QUANTILE_VALUES = lengthField(6)
const QUANTILE = fixed64Field(1)
const QUANTILE_VALUE = fixed64Field(2)

export const readSummary: ReadDataPoint = (cursor, points, attributesAt) => {
  const quantiles: { quantile: number; value: number }[] = []
  let count = 0
  let sum = 0
  const { isRecorded, attributes, at, nanos } = readCommon(cursor, SUMMARY, attributesAt, (tag) => {
    if (tag === COUNT) count = readFixed64(cursor)
    else if (tag === SUM) sum = readDouble(cursor)
    else if (tag === QUANTILE_VALUES) quantiles.push(readQuantile(cursor))
    else skip(cursor, tag)
  })
  return isRecorded ? points.summary(attributes, at, { count, sum, quantiles }, nanos) : points.skip()
}

/** Work that one quantile counts as, because an object is made for it. */
const QUANTILE_WORK = 16

function readQuantile(cursor: Cursor): { quantile: number; value: number } {
  spend(cursor, QUANTILE_WORK)
  const read = { quantile: 0, value: 0 }
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === QUANTILE) read.quantile = readDouble(cursor)
    else if (tag === QUANTILE_VALUE) read.value = readDouble(cursor)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return read
}

/** Reads the common fields of all kinds; `readOther` reads or skips the field with the given tag. */
function readCommon(
  cursor: Cursor,
  layout: Layout,
  attributesAt: AttributesAt,
  readOther: (tag: number) => void,
): Common {
  const ranges: Ranges = []
  let at: Micros | undefined
  let nanos = 0
  let flags = 0
  const outer = enter(cursor)
  for (let from = cursor.at, tag = nextField(cursor); tag !== 0; from = cursor.at, tag = nextField(cursor)) {
    if (tag === TIME) {
      at = readInstant(cursor)
      // Works because 2^32 modulo 1,000 is 296.
      nanos = (cursor.high * 296 + cursor.low) % 1_000
    } else if (tag === layout.attributes) noteAttribute(cursor, ranges, from)
    else if (tag === layout.flags) flags = readVarint(cursor)
    else readOther(tag)
  }
  leave(cursor, outer)
  // `&` uses the lower 32 bits of 64, which hold all flags.
  return { attributes: attributesAt(ranges), at, nanos, isRecorded: (flags & NO_RECORDED_VALUE) === 0 }
}

/** Reads nanoseconds, cut to microseconds; 0 means that the instant is unknown. */
function readInstant(cursor: Cursor): Micros | undefined {
  if (readFixed64(cursor) === 0) return undefined
  const { high, low } = cursor
  // Works because 2^32 is 4,294,967 thousands and 296: each product is exact, whereas the nanoseconds as one number are not.
  return high * 4_294_967 + Math.floor((high * 296 + low) / 1_000)
}

function readPacked(cursor: Cursor, into: number[], read: (cursor: Cursor) => number): void {
  const outer = enter(cursor)
  spend(cursor, (cursor.end - cursor.at) >> 3)
  while (cursor.at < cursor.end) into.push(read(cursor))
  leave(cursor, outer)
}
