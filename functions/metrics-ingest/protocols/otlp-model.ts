// What OTLP says, whichever way it is written: https://github.com/open-telemetry/opentelemetry-proto (metrics.proto, common.proto)

/** A value of an attribute as JSON would have it; 64-bit integers in all their digits. */
export type AttributeValue =
  | null
  | string
  | boolean
  | number
  | { readonly integer: string }
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>

export type Attributes = ReadonlyMap<string, AttributeValue>

export interface MetricHead {
  readonly name: string
  readonly unit: string
  /** Of sums and histograms; 1 is delta, 2 cumulative. */
  readonly temporality?: number
  /** Of sums. */
  readonly monotonic?: boolean
}

/** A point of a histogram of either kind; what was not sent is undefined. */
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

/** Of a data point: there was nothing to record. */
export const NO_RECORDED_VALUE = 1

/** An attribute's value is nested deeper than this. Labels have five levels in our own JSON; what is deeper is no label. */
export const MAX_LEVELS = 16

/** Thrown by what reads attributes, for the points that have them. */
export class AttributesError extends Error {}

/** The text of a label: strings as they are, everything else as its JSON text. */
export function labelText(value: AttributeValue): string {
  return typeof value === 'string' ? value : jsonText(value)
}

function jsonText(value: AttributeValue): string {
  // JSON has no NaN and no infinities; JSON.stringify would make one null of all three.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`
  if ('integer' in value) return value.integer
  return `{${[...value].map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`
}

const isList = (value: object): value is readonly AttributeValue[] => Array.isArray(value)
