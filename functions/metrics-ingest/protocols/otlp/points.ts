// From OTLP's data points to ours: which series each has a value for.
import {
  brokenLabels,
  type Collector,
  type DecodeContext,
  type Decoded,
  type JudgedLabels,
  openCollector,
} from '../collector.ts'
import { dataPoints, type MetricPoints } from './data-values.ts'
import { kindLabels, ownLabel, type ReadLabels, readAttributes, TYPE } from './labels.ts'
import type { LazyAttributes, MetricHead } from './model.ts'
import { type Resource, readResource, readScope, type Scope } from './resource.ts'

export interface OtlpPoints {
  /** Points of a resource, which is told by its attributes. */
  resource(attributes: LazyAttributes): ResourcePoints
  /** Says that others had their turn, after the decoder yielded. */
  paused(): void
  decoded(): Decoded
}

export interface ResourcePoints {
  scope(scope: Scope): ScopePoints
}

export interface ScopePoints {
  metric(head: MetricHead): MetricPoints
}

/** Labels of data points from outside them. */
interface Outer {
  /** Those that fit are kept. */
  readonly resource: ReadLabels
  /** Kept whole, or the data points are refused. */
  readonly scope: ReadLabels
}

/** Opens what takes the data points of one request. */
export function openOtlpPoints(context: DecodeContext): OtlpPoints {
  const { tenant } = context
  // The type of an ignored label is ignored as well.
  const ignoredLabels = tenant.ignoredLabels.flatMap((label) => [label, `${TYPE}${label}`])
  const collector = openCollector({ ...context, tenant: { ...tenant, ignoredLabels } })
  let index = 0
  const next = (): number => index++
  const readOnce = (attributes: LazyAttributes): Resource => {
    const resource = readResource(attributes, ignoredLabels)
    collector.leaveOut(resource.leftOut)
    return resource
  }
  return {
    resource(attributes) {
      // Read for its first metric: a request may hold a million resources and scopes that have none.
      let resource: Resource | undefined
      return {
        scope(scope) {
          let scopeLabels: ReadLabels | undefined
          const memories = new Map<string, Map<LazyAttributes, JudgedLabels>>()
          return {
            metric(head) {
              resource ??= readOnce(attributes)
              scopeLabels ??= readScope(scope, ignoredLabels)
              const outer = { resource: resource.labels, scope: scopeLabels }
              const labelsOf = labelsWithin(collector, outer, kindLabels(head), memories)
              return dataPoints({ collector, service: resource.service, head, labelsOf, next })
            },
          }
        },
      }
    },
    paused: () => collector.paused(),
    decoded: () => collector.decoded(),
  }
}

/** The labels of data points by their own attributes; points with the same ones share what was judged. */
function labelsWithin(
  collector: Collector,
  outer: Outer,
  kind: readonly (readonly [string, string])[],
  memories: Map<string, Map<LazyAttributes, JudgedLabels>>,
): (attributes: LazyAttributes) => JudgedLabels {
  const memory = memoryOf(memories, JSON.stringify(kind))
  return (own) => {
    const known = memory.get(own)
    if (known) return known
    const judged = judgeLabels(collector, outer, own, kind)
    memory.set(own, judged)
    return judged
  }
}

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
  { resource, scope }: Outer,
  attributes: LazyAttributes,
  kind: readonly (readonly [string, string])[],
): JudgedLabels {
  const own = readAttributes(attributes, ownLabel)
  for (const labels of [resource, scope, own]) if ('rule' in labels) return brokenLabels(labels.rule)
  const kept = [...(scope as ReadonlyMap<string, string>), ...(own as ReadonlyMap<string, string>), ...kind]
  return collector.labels(new Map(kept), resource as ReadonlyMap<string, string>)
}
