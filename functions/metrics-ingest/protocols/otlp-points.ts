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
import { fitLabels, MAX_RESOURCE_BYTES } from './fit-labels.ts'
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

type Buckets = Pick<Distribution, 'bounds' | 'bucketCounts'>

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
      const { service, labels, leftOut } = readResource(attributes, context.tenant.ignoredLabels)
      collector.leaveOut(leftOut)
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

interface Resource {
  readonly service: string
  readonly labels: ReadLabels
  /** Names of the attributes that are in no label. */
  readonly leftOut: readonly string[]
}

/**
 * Of attributes that are too long, as a command line with a class path is, those that fit: they would cost a process all its metrics.
 * A resource that cannot be read at all spoils its own points alone.
 */
function readResource(attributes: LazyAttributes, ignored: readonly string[]): Resource {
  const read = readAttributes(attributes)
  if (!(read instanceof Map)) return { service: UNKNOWN_SERVICE, labels: read, leftOut: [] }
  const service = read.get(SERVICE_NAME) || UNKNOWN_SERVICE
  const labels = new Map<string, string>()
  for (const [key, text] of read) if (key !== SERVICE_NAME) labels.set(`resource.${key}`, text)
  const { kept, leftOut } = fitLabels(labels, new Map(), { ignored, max: MAX_RESOURCE_BYTES })
  // What is ignored was not counted: it is not stored, but would be copied for every data point.
  const stored = ignored.length === 0 ? kept : new Map([...kept].filter(([key]) => !ignored.includes(key)))
  return { service, labels: stored, leftOut }
}

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
  return collector.labels(new Map([...(own as Map<string, string>), ...kind]), resource as ReadonlyMap<string, string>)
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

/**
 * A histogram becomes `<name>.count`, `.sum`, `.min`, `.max` and, with explicit bounds, `.bucket`: cumulative, by label `le`. A sum, least or
 * greatest value that is no finite number is none.
 */
function distributions({ collector, service, head, labelsOf, next }: Metric): MetricPoints['distribution'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, min, max, ...given }) => {
    const index = next()
    const { bounds, bucketCounts } = withoutInfinity(given)
    const broken = bounds.length === 0 ? undefined : brokenBuckets(bounds, bucketCounts)
    if (broken !== undefined) return collector.refuse(index, 'invalid', `buckets of ${quoted(head.name)}`, broken)
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count)
    for (const [name, value] of Object.entries({ sum, min, max })) {
      if (value === undefined) continue
      if (Number.isFinite(value)) collector.add(index, part(name), labels, at, value)
      else collector.ignore()
    }
    if (bounds.length === 0) return
    let below = 0
    for (const [i, inBucket] of bucketCounts.entries()) {
      below += inBucket
      collector.add(index, part('bucket'), bounded(labels, 'le', String(bounds[i] ?? '+Inf')), at, below)
    }
  }
}

/**
 * A summary becomes `<name>.count`, `.sum`, and `.quantile` by label `quantile`. One that saw nothing lately has NaN for a quantile, which
 * is no value.
 */
function summaries({ collector, service, head, labelsOf, next }: Metric): MetricPoints['summary'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, quantiles }) => {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count)
    if (Number.isFinite(sum)) collector.add(index, part('sum'), labels, at, sum)
    else collector.ignore()
    for (const { quantile, value } of quantiles) {
      if (!Number.isFinite(value)) collector.ignore()
      else collector.add(index, part('quantile'), bounded(labels, 'quantile', String(quantile)), at, value)
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

/** Buckets without a last bound of infinity, which every histogram has anyway; what was counted above it joins what was counted below. */
function withoutInfinity({ bounds, bucketCounts }: Buckets): Buckets {
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) return { bounds, bucketCounts }
  const finite = bounds.slice(0, -1)
  const last = bucketCounts.slice(finite.length)
  const counts = [...bucketCounts.slice(0, finite.length), last.reduce((sum, count) => sum + count, 0)]
  return { bounds: finite, bucketCounts: last.length > 2 || last.length === 0 ? bucketCounts : counts }
}

function brokenBuckets(bounds: readonly number[], counts: readonly number[]): string | undefined {
  if (counts.length !== bounds.length + 1) return `must be one more than bounds: ${counts.length} for ${bounds.length}`
  const rising = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY),
  )
  return rising ? undefined : 'must have finite, rising bounds'
}
