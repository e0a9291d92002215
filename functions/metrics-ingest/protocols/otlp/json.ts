// Decodes OTLP in JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

import { Problem, tooLarge } from '@penstock/shared/base/problem.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { parseJson } from '@penstock/shared/http/validation.ts'
import { PIECE_LABELS, type PiecesOfBody } from '../body-pieces.ts'
import { type DecodeContext, type Decoded, MAX_VALUES_PER_REQUEST } from '../collector.ts'
import type { MetricPoints } from './data-values.ts'
import { type JsonAttributes, openJsonAttributes } from './json-attributes.ts'
import {
  booleanAt,
  instantAt,
  type JsonObject,
  listAt,
  memberOf,
  nanosAt,
  numberAt,
  numbersAt,
  objectAt,
  objectOf,
  textAt,
} from './json-values.ts'
import { type MetricHead, NO_RECORDED_VALUE } from './model.ts'
import { type OtlpPoints, openOtlpPoints, type ScopePoints } from './points.ts'
import type { Scope } from './resource.ts'

type ReadDataPoint = (point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes) => Pieces<void> | undefined

const READERS: readonly (readonly [kind: string, read: ReadDataPoint])[] = [
  ['gauge', readNumber],
  ['sum', readNumber],
  ['histogram', readDistribution],
  ['exponentialHistogram', readDistribution],
  ['summary', readSummary],
]

const KINDS: Readonly<Record<string, Pick<MetricHead, 'kind'>>> = {
  exponentialHistogram: { kind: 'exponential_histogram' },
  summary: { kind: 'summary' },
}

/**
 * Returns the points of an ExportMetricsServiceRequest. Time and memory are bounded by its size.
 * @throws {Problem} 400 for invalid JSON or another form; 413 for too many values.
 */
export function decodeOtlpJson(context: DecodeContext, body: Buffer): Pieces<Decoded> {
  return decodeOtlpObject(context, parseJson(body))
}

/** Like `decodeOtlpJson`, for a parsed request. */
export function* decodeOtlpObject(context: DecodeContext, request: unknown): Pieces<Decoded> {
  const points = openOtlpPoints(context)
  const attributesOf = openJsonAttributes()
  const pieces = openPiecesOfObject(points)
  for (const resourceMetrics of objectsAt(objectOf(request, 'the request'), 'resourceMetrics')) {
    const attributes = attributesOf(objectAt(resourceMetrics, 'resource'))
    const resource = points.resource(attributes)
    for (const scopeMetrics of objectsAt(resourceMetrics, 'scopeMetrics')) {
      const scope = resource.scope(readScope(scopeMetrics, attributesOf))
      for (const metric of objectsAt(scopeMetrics, 'metrics')) yield* readMetric(metric, scope, attributesOf, pieces)
    }
  }
  return points.decoded()
}

/** Number of messages, of any kind, that are read in one piece. */
const READ_AT_ONCE = 250

/** Opens the pieces of a request. Each message is counted by `isOver`. */
function openPiecesOfObject(points: OtlpPoints): PiecesOfBody {
  const { judged } = points
  let left = READ_AT_ONCE
  let mostLabels = PIECE_LABELS
  return {
    isOver: () => --left < 0 || judged.characters > mostLabels,
    *pause() {
      left = READ_AT_ONCE
      mostLabels = judged.characters + PIECE_LABELS
      yield
      points.paused()
    },
  }
}

/** Returns the entries of a list. @throws {Problem} 413 for more of them than a request may have values. */
function objectsAt(object: JsonObject, name: string): readonly JsonObject[] {
  const list = listAt(object, name)
  if (list.length > MAX_VALUES_PER_REQUEST)
    throw new Problem(tooLarge, `${name} may have at most ${MAX_VALUES_PER_REQUEST} entries.`)
  return list.map((entry) => objectOf(entry, `an entry of ${name}`))
}

function readScope(scopeMetrics: JsonObject, attributesOf: JsonAttributes): Scope {
  const scope = objectAt(scopeMetrics, 'scope')
  return { name: textAt(scope, 'name'), version: textAt(scope, 'version'), attributes: attributesOf(scope) }
}

function* readMetric(
  metric: JsonObject,
  scope: ScopePoints,
  attributesOf: JsonAttributes,
  pieces: PiecesOfBody,
): Pieces<void> {
  if (pieces.isOver()) yield* pieces.pause()
  const name = textAt(metric, 'name')
  const unit = textAt(metric, 'unit')
  const found = READERS.find(([kind]) => memberOf(metric, kind) !== undefined)
  if (!found) return
  const [kind, read] = found
  const data = objectAt(metric, kind)
  const dataPoints = objectsAt(data, 'dataPoints')
  if (dataPoints.length === 0) return
  const sum = kind === 'sum' ? { monotonic: booleanAt(data, 'isMonotonic') } : {}
  const points = scope.metric({ name, unit, temporality: temporalityOf(data), ...sum, ...KINDS[kind] })
  for (const point of dataPoints) {
    const isRecorded = ((numberAt(point, 'flags') ?? 0) & NO_RECORDED_VALUE) === 0
    const rest = isRecorded ? read(point, points, attributesOf) : points.skip()
    if (rest) yield* rest
    if (pieces.isOver()) yield* pieces.pause()
  }
}

/** Returns the temporality, which some senders write as its name instead of its number. */
function temporalityOf(data: JsonObject): number {
  const given = memberOf(data, 'aggregationTemporality')
  if (given === 'AGGREGATION_TEMPORALITY_DELTA') return 1
  if (given === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 2
  return given === 'AGGREGATION_TEMPORALITY_UNSPECIFIED' ? 0 : (numberAt(data, 'aggregationTemporality') ?? 0)
}

/** A null value was NaN, which the JavaScript exporter writes as null. */
function readNumber(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): undefined {
  const value = numberAt(point, 'asDouble') ?? numberAt(point, 'asInt')
  points.number(attributesOf(point), instantAt(point, 'timeUnixNano'), value, nanosAt(point, 'timeUnixNano'))
}

function readDistribution(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): Pieces<void> {
  const distribution = {
    count: numberAt(point, 'count') ?? 0,
    sum: numberAt(point, 'sum'),
    min: numberAt(point, 'min'),
    max: numberAt(point, 'max'),
    bounds: numbersAt(point, 'explicitBounds'),
    bucketCounts: numbersAt(point, 'bucketCounts'),
  }
  const at = instantAt(point, 'timeUnixNano')
  return points.distribution(attributesOf(point), at, distribution, nanosAt(point, 'timeUnixNano'))
}

/** Maximum quantiles of a data point, because they are read in one piece. */
const MAX_QUANTILES = 8_192

function readSummary(point: JsonObject, points: MetricPoints, attributesOf: JsonAttributes): Pieces<void> {
  const given = objectsAt(point, 'quantileValues')
  if (given.length > MAX_QUANTILES)
    throw new Problem(tooLarge, `quantileValues may have at most ${MAX_QUANTILES} entries.`)
  const quantiles = given.map((entry) => ({
    quantile: numberAt(entry, 'quantile') ?? 0,
    value: numberAt(entry, 'value') ?? 0,
  }))
  const summary = { count: numberAt(point, 'count') ?? 0, sum: numberAt(point, 'sum') ?? 0, quantiles }
  const at = instantAt(point, 'timeUnixNano')
  return points.summary(attributesOf(point), at, summary, nanosAt(point, 'timeUnixNano'))
}
