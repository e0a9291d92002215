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
  MAX_LEVELS,
} from './model.ts'

/** Returns the attributes of a data point or a resource. Malformed ones throw {Problem} 400 when they are read. */
export type JsonAttributes = (holder: JsonObject) => LazyAttributes

/** Opens the attributes of a request. Equal ones give the same object. */
export function openJsonAttributes(): JsonAttributes {
  const known = new Map<string, LazyAttributes>()
  return (holder) => {
    const pairs = listAt(holder, 'attributes')
    const key = pairs.length === 0 ? '' : keyOf(pairs)
    const attributes = known.get(key) ?? { read: () => readPairs(pairs, 1) }
    known.set(key, attributes)
    return attributes
  }
}

/** Attributes that are nested too deeply to be written are too deep for labels as well, so all of them share one verdict. */
function keyOf(pairs: readonly unknown[]): string {
  try {
    return JSON.stringify(pairs)
  } catch (error) {
    if (error instanceof RangeError) return 'too deep'
    throw error
  }
}

function readPairs(pairs: readonly unknown[], level: number): Attributes {
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
