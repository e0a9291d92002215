// Attributes in Protocol Buffers: located first, and parsed only when no earlier point had the same bytes.

import { hashOf, isEqual } from '../byte-index.ts'
import {
  type Cursor,
  enter,
  fixed64Field,
  leave,
  lengthField,
  MAX_TEXT_BYTES,
  nextField,
  openCursor,
  readBytes,
  readDouble,
  readText,
  readVarint,
  signedText,
  skip,
  varintField,
} from '../protobuf-reader.ts'
import {
  type Attributes,
  AttributesError,
  type AttributeValue,
  addAttribute,
  type LazyAttributes,
  MAX_ATTRIBUTES_WORK,
  MAX_LEVELS,
  tooManyValues,
} from './model.ts'

const KEY = lengthField(1)
const VALUE = lengthField(2)

const STRING = lengthField(1)
const BOOLEAN = varintField(2)
const INTEGER = varintField(3)
const DOUBLE = fixed64Field(4)
const LIST = lengthField(5)
const MAP = lengthField(6)
const BYTES = lengthField(7)

const VALUES = lengthField(1)

/** The ranges of a message's attributes: start and end, alternately. They are usually adjacent, in one range. */
export type Ranges = number[]

/** Skips an attribute whose tag was just read and which began at `from`, and records its range. */
export function noteAttribute(cursor: Cursor, ranges: Ranges, from: number): void {
  leave(cursor, enter(cursor))
  if (ranges.at(-1) === from) ranges[ranges.length - 1] = cursor.at
  else ranges.push(from, cursor.at)
}

/** Returns the attributes in these ranges. Malformed ones throw {Problem} 400 when they are read. */
export type AttributesAt = (ranges: Readonly<Ranges>) => LazyAttributes

interface Known {
  readonly attributes: LazyAttributes
  readonly from: number
  readonly length: number
  /** The attributes that followed it the last time. */
  next: Known | undefined
}

const NONE: LazyAttributes = { read: () => new Map() }
const MAX_COMPARED_BYTES = 65_536
/** Maximum ranges of a message. An attribute that is not adjacent to others takes two numbers. */
const MAX_RANGES = 2_048
const TOO_MANY: LazyAttributes = {
  read() {
    throw tooManyValues()
  },
}

/**
 * Opens the attributes of a request. Equal bytes usually give the same object. Only the last attributes of each hash are cached, so bytes
 * that were made to collide cost no more than others.
 */
export function openAttributes({ bytes, view }: Cursor): AttributesAt {
  const known = new Map<number, Known>()
  let last: Known | undefined
  const isAt = (one: Known | undefined, from: number, length: number): one is Known =>
    one?.length === length && isEqual(view, one.from, view, from, length)
  const find = (from: number, to: number): Known => {
    const hash = hashOf(view, from, to)
    const found = known.get(hash)
    if (isAt(found, from, to - from)) return found
    const made = { attributes: attributesIn(bytes.subarray(from, to)), from, length: to - from, next: undefined }
    known.set(hash, made)
    return made
  }
  return (ranges) => {
    const [from, to] = ranges
    if (from === undefined || to === undefined) return NONE
    if (ranges.length > MAX_RANGES) return TOO_MANY
    if (ranges.length > 2) return attributesIn(Buffer.concat(pieces(bytes, ranges)))
    // Comparing so many bytes with those of the entry before would take longer than decoding them.
    if (to - from > MAX_COMPARED_BYTES) return attributesIn(bytes.subarray(from, to))
    // An agent lists its series in the same order for each metric and instant.
    const expected = last?.next
    const found = isAt(expected, from, to - from) ? expected : find(from, to)
    if (last) last.next = found
    last = found
    return found.attributes
  }
}

const attributesIn = (bytes: Buffer): LazyAttributes => ({ read: () => readAttributes(bytes) })

function pieces(bytes: Buffer, ranges: Readonly<Ranges>): readonly Buffer[] {
  return ranges.flatMap((from, i) => (i % 2 === 0 ? [bytes.subarray(from, ranges[i + 1])] : []))
}

function readAttributes(bytes: Buffer): Attributes {
  const cursor = openCursor(bytes, MAX_ATTRIBUTES_WORK, tooManyValues)
  const attributes = new Map<string, AttributeValue>()
  while (nextField(cursor) !== 0) readPair(cursor, attributes, 1)
  return attributes
}

function readPair(cursor: Cursor, into: Map<string, AttributeValue>, level: number): void {
  let key = ''
  let value: AttributeValue = null
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === KEY) key = readText(cursor)
    else if (tag === VALUE) value = readValue(cursor, level)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  addAttribute(into, key, value)
}

/** When a message holds several values of one `oneof`, the last one counts. */
function readValue(cursor: Cursor, level: number): AttributeValue {
  if (level > MAX_LEVELS) throw new AttributesError(`must have at most ${MAX_LEVELS} levels`)
  let value: AttributeValue = null
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    const read = readMember(cursor, tag, level)
    if (read !== undefined) value = read
  }
  leave(cursor, outer)
  return value
}

function readMember(cursor: Cursor, tag: number, level: number): AttributeValue | undefined {
  switch (tag) {
    case STRING:
      return readText(cursor)
    case BOOLEAN:
      return readVarint(cursor) !== 0
    case INTEGER:
      readVarint(cursor)
      return { integer: signedText(cursor) }
    case DOUBLE:
      return readDouble(cursor)
    case LIST:
      return readList(cursor, level)
    case MAP:
      return readMap(cursor, level)
    case BYTES:
      return { bytes: readBytes(cursor).subarray(0, MAX_TEXT_BYTES).toString('base64') }
    default:
      skip(cursor, tag)
      return undefined
  }
}

function readList(cursor: Cursor, level: number): AttributeValue {
  const list: AttributeValue[] = []
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === VALUES) list.push(readValue(cursor, level + 1))
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return list
}

function readMap(cursor: Cursor, level: number): AttributeValue {
  const map = new Map<string, AttributeValue>()
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === VALUES) readPair(cursor, map, level + 1)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return map
}
