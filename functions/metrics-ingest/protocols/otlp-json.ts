// OTLP in JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { parseJson } from '@penstock/shared/validation.ts'
import type { DecodeContext, Decoded } from './collector.ts'
import { type JsonAttributes, openJsonAttributes } from './otlp-json-attributes.ts'
import {
  booleanAt,
  instantAt,
  type JsonObject,
  listAt,
  memberOf,
  numberAt,
  numbersAt,
  objectAt,
  objectOf,
  textAt,
} from './otlp-json-values.ts'
import { NO_RECORDED_VALUE } from './otlp-model.ts'
import { type MetricPoints, openOtlpPoints, type ResourcePoints } from './otlp-points.ts'

type ReadDataPoint = (point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes) => void

const READERS: readonly (readonly [kind: string, read: ReadDataPoint])[] = [
  ['gauge', readNumber],
  ['sum', readNumber],
  ['histogram', readDistribution],
  ['exponentialHistogram', readDistribution],
  ['summary', readSummary],
]

/**
 * The points of an ExportMetricsServiceRequest. Bounded in time and memory by its size.
 * @throws {Problem} 400 for what is no such JSON; 413 for too many values.
 */
export function decodeOtlpJson(context: DecodeContext, body: Buffer): Decoded {
  return decodeOtlpObject(context, parseJson(body))
}

/** The same of what was parsed before. */
export function decodeOtlpObject(context: DecodeContext, request: unknown): Decoded {
  const points = openOtlpPoints(context)
  const attributesOf = openJsonAttributes()
  for (const resourceMetrics of objectsAt(objectOf(request, 'the request'), 'resourceMetrics')) {
    const attributes = attributesOf(objectAt(resourceMetrics, 'resource'))
    // Opened by its first data point, as in Protocol Buffers.
    let opened: ResourcePoints | undefined
    const resource = (): ResourcePoints => (opened ??= points.resource(attributes))
    for (const scopeMetrics of objectsAt(resourceMetrics, 'scopeMetrics')) {
      for (const metric of objectsAt(scopeMetrics, 'metrics')) readMetric(metric, resource, attributesOf)
    }
  }
  return points.decoded()
}

const objectsAt = (object: JsonObject, name: string): readonly JsonObject[] =>
  listAt(object, name).map((entry) => objectOf(entry, `an entry of ${name}`))

function readMetric(metric: JsonObject, resource: () => ResourcePoints, attributesOf: JsonAttributes): void {
  const name = textAt(metric, 'name')
  const unit = textAt(metric, 'unit')
  const found = READERS.find(([kind]) => memberOf(metric, kind) !== undefined)
  if (!found) return
  const [kind, read] = found
  const data = objectAt(metric, kind)
  const dataPoints = objectsAt(data, 'dataPoints')
  if (dataPoints.length === 0) return
  const sum = kind === 'sum' ? { monotonic: booleanAt(data, 'isMonotonic') } : {}
  const points = resource().metric({ name, unit, temporality: temporalityOf(data), ...sum })
  for (const point of dataPoints) {
    if (((numberAt(point, 'flags') ?? 0) & NO_RECORDED_VALUE) !== 0) points.skip()
    else read(point, points, attributesOf)
  }
}

/** A number; some write the name of it. */
function temporalityOf(data: JsonObject): number {
  const given = memberOf(data, 'aggregationTemporality')
  if (given === 'AGGREGATION_TEMPORALITY_DELTA') return 1
  if (given === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 2
  return given === 'AGGREGATION_TEMPORALITY_UNSPECIFIED' ? 0 : (numberAt(data, 'aggregationTemporality') ?? 0)
}

/** A value that is null was NaN: the JavaScript exporter writes it so. */
function readNumber(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): void {
  const value = numberAt(point, 'asDouble') ?? numberAt(point, 'asInt')
  points.number(attributesOf(point), instantAt(point, 'timeUnixNano'), value)
}

function readDistribution(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): void {
  points.distribution(attributesOf(point), instantAt(point, 'timeUnixNano'), {
    count: numberAt(point, 'count') ?? 0,
    sum: numberAt(point, 'sum'),
    min: numberAt(point, 'min'),
    max: numberAt(point, 'max'),
    bounds: numbersAt(point, 'explicitBounds'),
    bucketCounts: numbersAt(point, 'bucketCounts'),
  })
}

function readSummary(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): void {
  const quantiles = objectsAt(point, 'quantileValues').map((entry) => ({
    quantile: numberAt(entry, 'quantile') ?? 0,
    value: numberAt(entry, 'value') ?? 0,
  }))
  points.summary(attributesOf(point), instantAt(point, 'timeUnixNano'), {
    count: numberAt(point, 'count') ?? 0,
    sum: numberAt(point, 'sum') ?? 0,
    quantiles,
  })
}
