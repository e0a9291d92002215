// Turns OTLP's data points into ours, and finds the series of each value.
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
  /** Begins the points of a resource, which is identified by its attributes. */
  resource(attributes: LazyAttributes): ResourcePoints
  /** The labels of data points that were validated so far. */
  readonly judged: Collector['judged']
  /** Call it after the decoder has yielded, because other requests had their turn in the meantime. */
  paused(): void
  decoded(): Decoded
}

export interface ResourcePoints {
  scope(scope: Scope): ScopePoints
}

export interface ScopePoints {
  metric(head: MetricHead): MetricPoints
}

/** Labels of data points that come from outside them. */
interface Outer {
  /** Labels of the resource, of which those that fit are included. */
  readonly resource: ReadLabels
  /** Labels of the scope. When they do not fit completely, the data points are refused. */
  readonly scope: ReadLabels
}

/** Opens the receiver of one request's data points. */
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
      // Parsed for its first metric: a request may hold a million resources and scopes without one.
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
    judged: collector.judged,
    paused: () => collector.paused(),
    decoded: () => collector.decoded(),
  }
}

/** Returns the labels of data points by their own attributes; points with equal ones share the verdict. */
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

/** Makes the labels of a data point: its own attributes, those of its resource and scope, and the kind of its metric. */
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
