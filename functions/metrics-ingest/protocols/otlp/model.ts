// OTLP's data model, independent of its encoding: https://github.com/open-telemetry/opentelemetry-proto (metrics.proto, common.proto)

/** A value of an attribute in the form of JSON; 64-bit integers keep all digits. */
export type AttributeValue =
  | null
  | string
  | boolean
  | number
  | { readonly integer: string }
  /** In base64. */
  | { readonly bytes: string }
  /** Different values under one key, which OTLP forbids and some SDKs send. */
  | { readonly repeated: readonly AttributeValue[] }
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>

export type Attributes = ReadonlyMap<string, AttributeValue>

/**
 * Attributes that are parsed when they are needed. Points with the same object share the result, so equal attributes should be one
 * object.
 */
export interface LazyAttributes {
  /** Parses the attributes. @throws {AttributesError} for malformed ones. */
  read(): Attributes
}

export interface MetricHead {
  readonly name: string
  readonly unit: string
  /** Set for sums and histograms: 1 is delta, 2 is cumulative. */
  readonly temporality?: number
  /** Set for sums. */
  readonly monotonic?: boolean
  /** Set when the names of its series could be those of a metric of another kind. */
  readonly kind?: 'exponential_histogram' | 'summary'
}

/** A data point of either kind of histogram; a field that was not sent is undefined. */
export interface Distribution {
  readonly count: number
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Upper bounds of all buckets but the last. */
  readonly bounds: readonly number[]
  readonly bucketCounts: readonly number[]
}

export interface Summary {
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
}

/** Flag of a data point that has no recorded value. */
export const NO_RECORDED_VALUE = 1

/** Maximum nesting of an attribute's value. Labels have five levels in our own JSON; a deeper value is not a label. */
export const MAX_LEVELS = 16

/** Maximum names of a message's attributes, and maximum different values of one name. No series can have as many labels. */
const MAX_NAMES = 1_024
const MAX_REPEATED = 16
/**
 * Maximum work of reading a message's attributes: their fields, and their texts by length (see protobuf-reader.ts). Attributes are read in
 * one piece.
 */
export const MAX_ATTRIBUTES_WORK = 32_768

/** Thrown when attributes are read, for the points that have them. */
export class AttributesError extends Error {}

/** Thrown for attributes that would take too long to read. */
export const tooManyValues = (): AttributesError =>
  new AttributesError(`must have at most ${MAX_NAMES} names and, in lists and maps, ${MAX_ATTRIBUTES_WORK / 8} values`)

/**
 * The text of an attribute as a label. The type of everything but a string is a label as well, because otherwise 1 and "1" would be
 * equal.
 */
export interface AttributeLabel {
  readonly text: string
  readonly type: 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'kvlist' | 'empty' | 'repeated' | undefined
}

/** Makes the label of a value: a string is its own label, like in every other protocol; anything else is its JSON text. */
export function attributeLabel(value: AttributeValue): AttributeLabel {
  if (typeof value === 'string') return { text: value, type: undefined }
  if (typeof value === 'number') return { text: String(value), type: 'double' }
  if (typeof value === 'boolean') return { text: String(value), type: 'bool' }
  if (value === null) return { text: 'null', type: 'empty' }
  if (isList(value)) return { text: jsonText(value), type: 'array' }
  if ('integer' in value) return { text: value.integer, type: 'int' }
  if ('bytes' in value) return { text: value.bytes, type: 'bytes' }
  if ('repeated' in value) return { text: jsonText(value.repeated), type: 'repeated' }
  return { text: jsonText(value), type: 'kvlist' }
}

/** Adds an attribute to those read so far. A key with several different values keeps them all. */
export function addAttribute(attributes: Map<string, AttributeValue>, key: string, value: AttributeValue): void {
  const before = attributes.get(key)
  if (before === undefined) {
    if (attributes.size === MAX_NAMES) throw tooManyValues()
    return void attributes.set(key, value)
  }
  const values = isRepeated(before) ? before.repeated : [before]
  const text = jsonText(value)
  if (values.some((one) => jsonText(one) === text)) return
  if (values.length === MAX_REPEATED)
    throw new AttributesError(`must have at most ${MAX_REPEATED} different values under one name`)
  attributes.set(key, { repeated: [...values, value] })
}

/** Formats a value so that values of different types have different texts, also inside lists and maps. */
function jsonText(value: AttributeValue): string {
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`
  if ('integer' in value) return value.integer
  if ('bytes' in value) return `base64:${JSON.stringify(value.bytes)}`
  if ('repeated' in value) return `repeated:${jsonText(value.repeated)}`
  return `{${[...value].map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`
}

/**
 * Returns the text of a double. JSON.stringify would turn NaN and the infinities into null, and a whole double into the text of an integer.
 */
function numberText(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text
}

const isList = (value: object): value is readonly AttributeValue[] => Array.isArray(value)

const isRepeated = (value: AttributeValue): value is { readonly repeated: readonly AttributeValue[] } =>
  value !== null && typeof value === 'object' && 'repeated' in value
