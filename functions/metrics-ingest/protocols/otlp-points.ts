// From OTLP's data points to ours: which series each has a value for.
import type { Micros } from '@penstock/shared/time.ts'
import {
  type Collector,
  type DecodeContext,
  type Decoded,
  type JudgedLabels,
  judgeNames,
  type Names,
  openCollector,
  quoted,
} from './collector.ts'
import {
  type Attributes,
  AttributesError,
  type Distribution,
  labelText,
  type MetricHead,
  type Summary,
} from './otlp-model.ts'

/** Attributes that are read when they are needed. Points with the same object share what was read: equal ones should be one. */
export interface LazyAttributes {
  /** @throws {AttributesError} */
  read(): Attributes
}

export interface OtlpPoints {
  /** Points of a resource, which is told by its attributes. */
  resource(attributes: LazyAttributes): ResourcePoints
  decoded(): Decoded
}

export interface ResourcePoints {
  metric(head: MetricHead): MetricPoints
}

/** Each call is one data point. `at` undefined: it says no instant. */
export interface MetricPoints {
  /** A data point says that there was nothing to record. */
  skip(): void
  number(attributes: LazyAttributes, at: Micros | undefined, value: number | undefined): void
  distribution(attributes: LazyAttributes, at: Micros | undefined, distribution: Distribution): void
  summary(attributes: LazyAttributes, at: Micros | undefined, summary: Summary): void
}

/** What all data points of a metric have in common. */
interface Metric {
  readonly collector: Collector
  readonly service: string
  readonly head: MetricHead
  readonly labelsOf: (attributes: LazyAttributes) => JudgedLabels
  /** The next data point's place in the request. */
  readonly next: () => number
}

/** Our name for the instances that a service's name was not given for. https://opentelemetry.io/docs/specs/semconv/resource/#service */
const UNKNOWN_SERVICE = 'unknown_service'
const SERVICE_NAME = 'service.name'
/** Otherwise a sum of changes and a sum since the start, or a counter and a gauge, of one name would be one series. */
const TEMPORALITY = 'otlp.temporality'
const MONOTONIC = 'otlp.monotonic'
const TEMPORALITIES: readonly (string | undefined)[] = [undefined, 'delta', 'cumulative']

/** Opens what takes the data points of one request. */
export function openOtlpPoints(context: DecodeContext): OtlpPoints {
  const collector = openCollector(context)
  let index = 0
  const next = (): number => index++
  return {
    resource(attributes) {
      const { service, labels } = readResource(attributes)
      const memories = new Map<string, Map<LazyAttributes, JudgedLabels>>()
      return {
        metric(head) {
          const kind = kindLabels(head)
          const memory = memoryOf(memories, JSON.stringify(kind))
          const labelsOf = (own: LazyAttributes): JudgedLabels => {
            const known = memory.get(own)
            if (known) return known
            const judged = judgeLabels(collector, labels, own, kind)
            memory.set(own, judged)
            return judged
          }
          return metricPoints({ collector, service, head, labelsOf, next })
        },
      }
    },
    decoded: () => collector.decoded(),
  }
}

type ReadLabels = ReadonlyMap<string, string> | { readonly rule: string }

/** A resource whose attributes break a rule spoils its own points alone; so does one that is too long to be added to each of them. */
function readResource(attributes: LazyAttributes): { readonly service: string; readonly labels: ReadLabels } {
  const read = readAttributes(attributes)
  if (!(read instanceof Map)) return { service: UNKNOWN_SERVICE, labels: read }
  const service = read.get(SERVICE_NAME) || UNKNOWN_SERVICE
  const labels = new Map<string, string>()
  let length = 0
  for (const [key, text] of read) {
    if (key === SERVICE_NAME) continue
    labels.set(`resource.${key}`, text)
    length += key.length + text.length
  }
  return { service, labels: length > MAX_RESOURCE_LENGTH ? { rule: 'must have at most 4096 bytes' } : labels }
}

/** More characters than labels may have bytes. */
const MAX_RESOURCE_LENGTH = 4_096

function readAttributes(attributes: LazyAttributes): Map<string, string> | { readonly rule: string } {
  try {
    return new Map([...attributes.read()].map(([key, value]) => [key, labelText(value)]))
  } catch (error) {
    if (error instanceof AttributesError) return { rule: error.message }
    throw error
  }
}

function kindLabels({ temporality, monotonic }: MetricHead): readonly (readonly [string, string])[] {
  const name = TEMPORALITIES[temporality ?? 0]
  return [
    ...(name === undefined ? [] : [[TEMPORALITY, name] as const]),
    ...(monotonic === undefined ? [] : [[MONOTONIC, String(monotonic)] as const]),
  ]
}

function memoryOf(
  memories: Map<string, Map<LazyAttributes, JudgedLabels>>,
  kind: string,
): Map<LazyAttributes, JudgedLabels> {
  const memory = memories.get(kind) ?? new Map<LazyAttributes, JudgedLabels>()
  memories.set(kind, memory)
  return memory
}

/** Labels of a data point: its own attributes come before those of its resource, where both have a name. */
function judgeLabels(
  collector: Collector,
  resource: ReadLabels,
  attributes: LazyAttributes,
  kind: readonly (readonly [string, string])[],
): JudgedLabels {
  const own = readAttributes(attributes)
  const broken = [resource, own].find((labels) => 'rule' in labels)
  if (broken) return { entries: new Map(), canonical: undefined, rule: (broken as { rule: string }).rule }
  return collector.labels(
    new Map([...(resource as ReadonlyMap<string, string>), ...(own as Map<string, string>), ...kind]),
  )
}

function metricPoints(metric: Metric): MetricPoints {
  const { collector, service, head, labelsOf, next } = metric
  const names = judgeNames(service, head.name, head.unit || '1')
  return {
    skip() {
      next()
      collector.ignore()
    },
    number(attributes, at, value) {
      const index = next()
      if (value === undefined) collector.refuse(index, 'invalid', `value of ${quoted(head.name)}`, 'is missing')
      else collector.add(index, names, labelsOf(attributes), at, value)
    },
    distribution: distributions(metric),
    summary: summaries(metric),
  }
}

/** A histogram becomes `<name>.count`, `.sum`, `.min`, `.max` and, with explicit bounds, `.bucket`: cumulative, by label `le`. */
function distributions({ collector, service, head, labelsOf, next }: Metric): MetricPoints['distribution'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, min, max, bounds, bucketCounts }) => {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count)
    if (sum !== undefined) collector.add(index, part('sum'), labels, at, sum)
    if (min !== undefined) collector.add(index, part('min'), labels, at, min)
    if (max !== undefined) collector.add(index, part('max'), labels, at, max)
    if (bounds.length === 0) return
    const broken = brokenBuckets(bounds, bucketCounts)
    if (broken !== undefined) return collector.refuse(index, 'invalid', `buckets of ${quoted(head.name)}`, broken)
    let below = 0
    for (const [i, inBucket] of bucketCounts.entries()) {
      below += inBucket
      collector.add(index, part('bucket'), bounded(labels, 'le', String(bounds[i] ?? '+Inf')), at, below)
    }
  }
}

/** A summary becomes `<name>.count`, `.sum`, and `.quantile` by label `quantile`. */
function summaries({ collector, service, head, labelsOf, next }: Metric): MetricPoints['summary'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, quantiles }) => {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count)
    collector.add(index, part('sum'), labels, at, sum)
    for (const { quantile, value } of quantiles) {
      collector.add(index, part('quantile'), bounded(labels, 'quantile', String(quantile)), at, value)
    }
  }
}

/** Names of the series that a metric becomes, all in the unit of the metric. */
function partsOf(service: string, { name, unit }: MetricHead): (part: string) => Names {
  const parts = new Map<string, Names>()
  return (part) => {
    const known = parts.get(part)
    if (known) return known
    const names = judgeNames(service, `${name}.${part}`, unit || '1')
    parts.set(part, names)
    return names
  }
}

/** Labels with one more; of one metric's points most have the same. */
function boundedLabels(collector: Collector): (labels: JudgedLabels, key: string, value: string) => JudgedLabels {
  const memory = new Map<JudgedLabels, Map<string, JudgedLabels>>()
  return (labels, key, value) => {
    if (labels.canonical === undefined) return labels
    const known = memory.get(labels) ?? new Map<string, JudgedLabels>()
    memory.set(labels, known)
    const judged = known.get(value) ?? collector.labels(new Map([...labels.entries, [key, value]]))
    known.set(value, judged)
    return judged
  }
}

function brokenBuckets(bounds: readonly number[], counts: readonly number[]): string | undefined {
  if (counts.length !== bounds.length + 1) return `must be one more than bounds: ${counts.length} for ${bounds.length}`
  const rising = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY),
  )
  return rising ? undefined : 'must have finite, rising bounds'
}
