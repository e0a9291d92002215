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
import { kindLabels, ownLabel, readAttributes, scopeLabel, TYPE } from './otlp-labels.ts'
import type { Distribution, LazyAttributes, MetricHead, Summary } from './otlp-model.ts'

export interface OtlpPoints {
  /** Points of a resource, which is told by its attributes. */
  resource(attributes: LazyAttributes): ResourcePoints
  decoded(): Decoded
}

/** The instrumentation scope of metrics: the library that recorded them. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: LazyAttributes
}

export interface ResourcePoints {
  scope(scope: Scope): ScopePoints
}

export interface ScopePoints {
  metric(head: MetricHead): MetricPoints
}

/** Each call is one data point. `at` undefined: it says no instant. `nanos`: nanoseconds beyond `at`. */
export interface MetricPoints {
  /** A data point says that there was nothing to record. */
  skip(): void
  number(attributes: LazyAttributes, at: Micros | undefined, value: number | undefined, nanos: number): void
  distribution(attributes: LazyAttributes, at: Micros | undefined, distribution: Distribution, nanos: number): void
  summary(attributes: LazyAttributes, at: Micros | undefined, summary: Summary, nanos: number): void
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

/** Opens what takes the data points of one request. */
export function openOtlpPoints(context: DecodeContext): OtlpPoints {
  const { tenant } = context
  // Whoever leaves a label out leaves its type out as well.
  const ignoredLabels = tenant.ignoredLabels.flatMap((label) => [label, `${TYPE}${label}`])
  const collector = openCollector({ ...context, tenant: { ...tenant, ignoredLabels } })
  let index = 0
  const next = (): number => index++
  return {
    resource(attributes) {
      // Read for its first data point: a request may hold a million resources and scopes that have none.
      let resource: ReadResource | undefined
      return {
        scope(scope) {
          let labels: ReadLabels | undefined
          const memories = new Map<string, Map<LazyAttributes, JudgedLabels>>()
          return {
            metric(head) {
              resource ??= readResource(attributes)
              labels ??= withScope(resource.labels, scope)
              const labelsOf = labelsWithin(collector, labels, kindLabels(head), memories)
              return metricPoints({ collector, service: resource.service, head, labelsOf, next })
            },
          }
        },
      }
    },
    decoded: () => collector.decoded(),
  }
}

/** The labels of data points by their own attributes; points with the same ones share what was judged. */
function labelsWithin(
  collector: Collector,
  outer: ReadLabels,
  kind: readonly (readonly [string, string])[],
  memories: Map<string, Map<LazyAttributes, JudgedLabels>>,
): Metric['labelsOf'] {
  const memory = memoryOf(memories, JSON.stringify(kind))
  return (own) => {
    const known = memory.get(own)
    if (known) return known
    const judged = judgeLabels(collector, outer, own, kind)
    memory.set(own, judged)
    return judged
  }
}

type ReadLabels = ReadonlyMap<string, string> | { readonly rule: string }

interface ReadResource {
  readonly service: string
  readonly labels: ReadLabels
}

/** A resource whose attributes break a rule spoils its own points alone; so does one that is too long to be added to each of them. */
function readResource(attributes: LazyAttributes): ReadResource {
  const read = readAttributes(attributes, (key) => `resource.${key}`)
  if (!(read instanceof Map)) return { service: UNKNOWN_SERVICE, labels: read }
  const given = attributes.read().get(SERVICE_NAME)
  const service = read.get(`resource.${SERVICE_NAME}`) || UNKNOWN_SERVICE
  // A name that is no string keeps its label, so that 1 and "1" stay two services.
  if (given === undefined || typeof given === 'string') {
    read.delete(`resource.${SERVICE_NAME}`)
    read.delete(`${TYPE}resource.${SERVICE_NAME}`)
  }
  let length = 0
  for (const [key, text] of read) length += key.length + text.length
  return { service, labels: length > MAX_RESOURCE_LENGTH ? { rule: 'must have at most 4096 bytes' } : read }
}

/** The labels of a resource and of a scope in it: `scope.name` and `scope.version` where they are not empty, and its attributes. */
function withScope(resource: ReadLabels, { name, version, attributes }: Scope): ReadLabels {
  if ('rule' in resource) return resource
  const labels = readAttributes(attributes, scopeLabel)
  if (!(labels instanceof Map)) return labels
  if (name !== '') labels.set(SCOPE_NAME, name)
  if (version !== '') labels.set(SCOPE_VERSION, version)
  return labels.size === 0 ? resource : new Map([...(resource as ReadonlyMap<string, string>), ...labels])
}

const SCOPE_NAME = 'scope.name'
const SCOPE_VERSION = 'scope.version'

/** More characters than labels may have bytes. */
const MAX_RESOURCE_LENGTH = 4_096

function memoryOf(
  memories: Map<string, Map<LazyAttributes, JudgedLabels>>,
  kind: string,
): Map<LazyAttributes, JudgedLabels> {
  const memory = memories.get(kind) ?? new Map<LazyAttributes, JudgedLabels>()
  memories.set(kind, memory)
  return memory
}

/** Labels of a data point: its own attributes, those of its resource and scope, and what kind of metric it is of. */
function judgeLabels(
  collector: Collector,
  outer: ReadLabels,
  attributes: LazyAttributes,
  kind: readonly (readonly [string, string])[],
): JudgedLabels {
  const own = readAttributes(attributes, ownLabel)
  const broken = [outer, own].find((labels) => 'rule' in labels)
  if (broken) return { entries: new Map(), canonical: undefined, rule: (broken as { rule: string }).rule }
  return collector.labels(
    new Map([...(outer as ReadonlyMap<string, string>), ...(own as Map<string, string>), ...kind]),
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
    number(attributes, at, value, nanos) {
      const index = next()
      if (value === undefined) collector.refuse(index, 'invalid', `value of ${quoted(head.name)}`, 'is missing')
      else collector.add(index, names, labelsOf(attributes), at, value, nanos)
    },
    distribution: distributions(metric),
    summary: summaries(metric),
  }
}

/** A histogram becomes `<name>.count`, `.sum`, `.min`, `.max` and, with explicit bounds, `.bucket`: cumulative, by label `le`. */
function distributions({ collector, service, head, labelsOf, next }: Metric): MetricPoints['distribution'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, min, max, bounds, bucketCounts }, nanos) => {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count, nanos)
    if (sum !== undefined) collector.add(index, part('sum'), labels, at, sum, nanos)
    if (min !== undefined) collector.add(index, part('min'), labels, at, min, nanos)
    if (max !== undefined) collector.add(index, part('max'), labels, at, max, nanos)
    if (bounds.length === 0) return
    const broken = brokenBuckets(bounds, bucketCounts)
    if (broken !== undefined) return collector.refuse(index, 'invalid', `buckets of ${quoted(head.name)}`, broken)
    let below = 0
    for (const [i, inBucket] of bucketCounts.entries()) {
      below += inBucket
      collector.add(index, part('bucket'), bounded(labels, 'le', String(bounds[i] ?? '+Inf')), at, below, nanos)
    }
  }
}

/** A summary becomes `<name>.count`, `.sum`, and `.quantile` by label `quantile`. */
function summaries({ collector, service, head, labelsOf, next }: Metric): MetricPoints['summary'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return (attributes, at, { count, sum, quantiles }, nanos) => {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count, nanos)
    collector.add(index, part('sum'), labels, at, sum, nanos)
    for (const { quantile, value } of quantiles) {
      collector.add(index, part('quantile'), bounded(labels, 'quantile', String(quantile)), at, value, nanos)
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
    const judged = known.get(value) ?? collector.labels(withLabel(labels.entries, key, value))
    known.set(value, judged)
    return judged
  }
}

/** An attribute of that name keeps its value under another. */
function withLabel(entries: ReadonlyMap<string, string>, key: string, value: string): ReadonlyMap<string, string> {
  const own = entries.get(key)
  return new Map([...entries, ...(own === undefined ? [] : [[`attribute.${key}`, own] as const]), [key, value]])
}

function brokenBuckets(bounds: readonly number[], counts: readonly number[]): string | undefined {
  if (counts.length !== bounds.length + 1) return `must be one more than bounds: ${counts.length} for ${bounds.length}`
  const rising = bounds.every(
    (bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY),
  )
  return rising ? undefined : 'must have finite, rising bounds'
}
