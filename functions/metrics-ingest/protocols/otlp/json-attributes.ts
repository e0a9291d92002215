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

/** Sixteen characters of a text count as one unit of work. A longer text counts as `LONG_TEXT_WORK`, up to the maximum length. */
const TEXT_SHIFT = 4
const LONG_TEXT_WORK = 4_096
const MAX_TEXT_LENGTH = 1_048_576
/** Levels of JSON, of which an attribute has up to four for each of its own. */
const MAX_JSON_LEVELS = 4 * MAX_LEVELS

/** The remaining work in whole units, because counting in fractions takes several times as long. */
interface Work {
  left: number
  isTooDeep: boolean
}

/** Returns why these attributes would take too long to read, or undefined. It looks at no more of them than may be read. */
function tooMuchIn(pairs: readonly unknown[]): AttributesError | undefined {
  const work: Work = { left: MAX_ATTRIBUTES_WORK, isTooDeep: false }
  spendOn(pairs, work, 1)
  if (work.isTooDeep) return new AttributesError(`must have at most ${MAX_LEVELS} levels`)
  return work.left < 0 ? tooManyValues() : undefined
}

const workOfText = ({ length }: string): number =>
  length > MAX_TEXT_LENGTH ? MAX_ATTRIBUTES_WORK : Math.min(length >> TEXT_SHIFT, LONG_TEXT_WORK)

/** Subtracts the work of reading a value from the remaining work. Stops when none remains, or when the value is nested too deeply. */
function spendOn(value: unknown, work: Work, level: number): void {
  work.left--
  if (typeof value === 'string') work.left -= workOfText(value)
  else if (typeof value === 'object' && value !== null) {
    if (level > MAX_JSON_LEVELS) work.isTooDeep = true
    else if (Array.isArray(value)) {
      for (let i = 0; i < value.length && isMore(work); i++) spendOn(value[i], work, level + 1)
    } else spendOnMembers(value as JsonObject, work, level)
  }
}

function spendOnMembers(object: JsonObject, work: Work, level: number): void {
  for (const name of Object.keys(object)) {
    work.left -= workOfText(name)
    spendOn(object[name], work, level + 1)
    if (!isMore(work)) return
  }
}

const isMore = ({ left, isTooDeep }: Work): boolean => left >= 0 && !isTooDeep

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
