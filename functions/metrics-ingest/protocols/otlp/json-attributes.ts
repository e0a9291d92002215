// Attributes in OTLP's JSON.
import {
  booleanAt,
  type JsonObject,
  listAt,
  memberOf,
  numberOf,
  objectAt,
  objectOf,
  otherShape,
  textAt,
} from './json-values.ts'
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

/** Returns the attributes of a data point or a resource. Malformed ones throw {Problem} 400 when they are read. */
export type JsonAttributes = (holder: JsonObject) => LazyAttributes

/** Opens the attributes of a request. Equal ones give the same object. */
export function openJsonAttributes(): JsonAttributes {
  const known = new Map<string, LazyAttributes>()
  return (holder) => {
    const pairs = listAt(holder, 'attributes')
    const tooMuch = pairs.length === 0 ? undefined : tooMuchIn(pairs)
    const key = tooMuch?.message ?? JSON.stringify(pairs)
    const attributes = known.get(key) ?? { read: () => readPairs(pairs, 1, tooMuch) }
    known.set(key, attributes)
    return attributes
  }
}

/** Characters of a text that count as one unit of work. A longer text counts as this many units, up to the maximum length. */
const TEXT_LENGTH = 16
const LONG_TEXT_WORK = 4_096
const MAX_TEXT_LENGTH = 1_048_576
/** Levels of JSON, of which an attribute has up to four for each of its own. */
const MAX_JSON_LEVELS = 4 * MAX_LEVELS

/** Returns why these attributes would take too long to read, or undefined. It looks at no more of them than may be read. */
function tooMuchIn(pairs: readonly unknown[]): AttributesError | undefined {
  const left = workLeft(pairs, MAX_ATTRIBUTES_WORK, 1)
  if (Number.isNaN(left)) return new AttributesError(`must have at most ${MAX_LEVELS} levels`)
  return left < 0 ? tooManyValues() : undefined
}

const workOfText = ({ length }: string): number => Math.min(length / TEXT_LENGTH, LONG_TEXT_WORK)

/** Returns the part of `work` that reading a value leaves, below 0 when it is more, and NaN for a value with too many levels. */
function workLeft(value: unknown, work: number, level: number): number {
  if (typeof value === 'string') return value.length > MAX_TEXT_LENGTH ? -1 : work - 1 - workOfText(value)
  if (typeof value !== 'object' || value === null) return work - 1
  if (level > MAX_JSON_LEVELS) return Number.NaN
  const isList = Array.isArray(value)
  let left = work - 1
  if (!isList) for (const name of Object.keys(value)) left -= workOfText(name)
  const members: readonly unknown[] = isList ? value : Object.values(value)
  for (const member of members) {
    left = workLeft(member, left, level + 1)
    if (!(left >= 0)) return left
  }
  return left
}

function readPairs(pairs: readonly unknown[], level: number, tooMuch?: AttributesError): Attributes {
  if (tooMuch) throw tooMuch
  const attributes = new Map<string, AttributeValue>()
  for (const pair of pairs) {
    const attribute = objectOf(pair, 'an attribute')
    addAttribute(attributes, textAt(attribute, 'key'), readValue(objectAt(attribute, 'value'), level))
  }
  return attributes
}

type ReadValue = (value: JsonObject, level: number) => AttributeValue

const READERS: readonly (readonly [name: string, read: ReadValue])[] = [
  ['stringValue', (value) => textAt(value, 'stringValue')],
  ['boolValue', (value) => booleanAt(value, 'boolValue')],
  ['intValue', readInteger],
  ['doubleValue', (value) => numberOf(memberOf(value, 'doubleValue'), 'doubleValue')],
  ['bytesValue', (value) => ({ bytes: textAt(value, 'bytesValue') })],
  ['arrayValue', (value, level) => readList(listAt(objectAt(value, 'arrayValue'), 'values'), level)],
  ['kvlistValue', (value, level) => readPairs(listAt(objectAt(value, 'kvlistValue'), 'values'), level + 1)],
]

function readValue(value: JsonObject, level: number): AttributeValue {
  if (level > MAX_LEVELS) throw new AttributesError(`must have at most ${MAX_LEVELS} levels`)
  const found = READERS.find(([name]) => memberOf(value, name) !== undefined)
  return found ? found[1](value, level) : null
}

function readInteger(value: JsonObject): AttributeValue {
  const integer = memberOf(value, 'intValue')
  const digits = typeof integer === 'number' && Number.isInteger(integer) ? BigInt(integer).toString() : integer
  if (typeof digits === 'string' && /^-?\d{1,19}$/.test(digits)) return { integer: digits }
  throw otherShape('intValue', 'a 64-bit integer')
}

function readList(values: readonly unknown[], level: number): AttributeValue {
  return values.map((value) => readValue(value === null ? {} : objectOf(value, 'a value'), level + 1))
}
