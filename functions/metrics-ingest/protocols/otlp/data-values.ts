// Turns OTLP's data points into values: one for a number, several for a histogram or a summary.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { type Collector, type JudgedLabels, judgeNames, type Names, quoted } from '../collector.ts'
import type { Distribution, LazyAttributes, MetricHead, Summary } from './model.ts'

/** Each call is one data point. `at` is undefined when it has no instant; `nanos` are the nanoseconds after `at`. */
export interface MetricPoints {
  /** The data point reports that there was nothing to record. */
  skip(): undefined
  number(attributes: LazyAttributes, at: Micros | undefined, value: number | undefined, nanos: number): void
  /** Adds a distribution in pieces, because one may have as many buckets as a request may have values. */
  distribution(
    attributes: LazyAttributes,
    at: Micros | undefined,
    distribution: Distribution,
    nanos: number,
  ): Pieces<void>
  summary(attributes: LazyAttributes, at: Micros | undefined, summary: Summary, nanos: number): Pieces<void>
}

/** The properties that all data points of a metric share. */
interface Metric {
  readonly collector: Collector
  readonly service: string
  readonly head: MetricHead
  readonly labelsOf: (attributes: LazyAttributes) => JudgedLabels
  /** Returns the index of the next data point in the request. */
  readonly next: () => number
}

/**
 * Labels that are made and validated in one piece. Each value takes longer the more labels it has: 500 values without labels are one piece,
 * and so are 7 values with all labels that fit.
 */
const LABELS_OF_A_PIECE = 4_000
const LABELS_OF_A_VALUE = 8

/** Returns a function that counts a value with these labels, and returns true when it was the last one of a piece. */
function pieceCounter(): (labels: JudgedLabels) => boolean {
  let judged = 0
  return ({ entries }) => {
    judged += LABELS_OF_A_VALUE + entries.size
    if (judged < LABELS_OF_A_PIECE) return false
    judged = 0
    return true
  }
}

type Buckets = Pick<Distribution, 'bounds' | 'bucketCounts'>

/** Makes the receiver of one metric's data points. */
export function dataPoints(metric: Metric): MetricPoints {
  const { collector, service, head, labelsOf, next } = metric
  const names = judgeNames(service, head.name, head.unit || '1')
  return {
    skip() {
      next()
      collector.ignore()
      return undefined
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

/**
 * A histogram becomes `<name>.count`, `.sum`, `.min`, `.max` and, with explicit bounds, `.bucket`: cumulative, with the label `le`. A
 * sum, minimum or maximum that is not finite is ignored.
 */
function distributions({ collector, service, head, labelsOf, next }: Metric): MetricPoints['distribution'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return function* (attributes, at, { count, sum, min, max, ...given }, nanos) {
    const index = next()
    const { bounds, bucketCounts } = withoutInfinity(given)
    const broken = bounds.length === 0 ? undefined : brokenBuckets(bounds, bucketCounts)
    if (broken !== undefined) return collector.refuse(index, 'invalid', `buckets of ${quoted(head.name)}`, broken)
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count, nanos)
    for (const [name, value] of Object.entries({ sum, min, max })) {
      if (value === undefined) continue
      if (Number.isFinite(value)) collector.add(index, part(name), labels, at, value, nanos)
      else collector.ignore()
    }
    if (bounds.length === 0) return
    let below = 0
    const isLast = pieceCounter()
    for (const [i, inBucket] of bucketCounts.entries()) {
      below += inBucket
      collector.add(index, part('bucket'), bounded(labels, 'le', String(bounds[i] ?? '+Inf')), at, below, nanos)
      if (isLast(labels)) {
        yield
        collector.paused()
      }
    }
  }
}

/**
 * A summary becomes `<name>.count`, `.sum`, and `.quantile` with the label `quantile`. A summary without recent values has NaN for a
 * quantile, which is ignored.
 */
function summaries({ collector, service, head, labelsOf, next }: Metric): MetricPoints['summary'] {
  const part = partsOf(service, head)
  const bounded = boundedLabels(collector)
  return function* (attributes, at, { count, sum, quantiles }, nanos) {
    const index = next()
    const labels = labelsOf(attributes)
    collector.add(index, part('count'), labels, at, count, nanos)
    if (Number.isFinite(sum)) collector.add(index, part('sum'), labels, at, sum, nanos)
    else collector.ignore()
    const isLast = pieceCounter()
    for (const { quantile, value } of quantiles) {
      if (!Number.isFinite(value)) collector.ignore()
      else collector.add(index, part('quantile'), bounded(labels, 'quantile', String(quantile)), at, value, nanos)
      if (isLast(labels)) {
        yield
        collector.paused()
      }
    }
  }
}

/** Returns the names of the series that a metric becomes, all in the unit of the metric. */
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

/** Adds one label; most points of one metric add the same. */
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

/** Adds a label; an attribute with that name moves to another name. */
function withLabel(entries: ReadonlyMap<string, string>, key: string, value: string): ReadonlyMap<string, string> {
  const own = entries.get(key)
  return new Map([...entries, ...(own === undefined ? [] : [[`attribute.${key}`, own] as const]), [key, value]])
}

/** Removes a last bound of infinity, which every histogram has implicitly; its count is added to that of the last bucket. */
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
