// The parts of OTLP outside its data points: the resource that they belong to, and the scope that recorded them.
import { identityLabels } from '@penstock/shared/points/verdicts.ts'
import { fitLabels, MAX_RESOURCE_BYTES } from '../fit-labels.ts'
import { type ReadLabels, readAttributes, scopeLabel, TYPE } from './labels.ts'
import type { LazyAttributes } from './model.ts'

/** The instrumentation scope of metrics: the library that recorded them. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: LazyAttributes
}

export interface Resource {
  readonly service: string
  readonly labels: ReadLabels
  /** Names of the attributes that are in no label. */
  readonly leftOut: readonly string[]
}

/** Our name for services without a name. https://opentelemetry.io/docs/specs/semconv/resource/#service */
const UNKNOWN_SERVICE = 'unknown_service'
const SERVICE_NAME = 'service.name'
const SERVICE_LABEL = `resource.${SERVICE_NAME}`

/**
 * Parses a resource. Attributes that are too long (a command line with a class path) are left out, so that the process does not lose its
 * metrics. A resource that cannot be parsed affects only its own points.
 */
export function readResource(attributes: LazyAttributes, ignored: readonly string[]): Resource {
  const read = readAttributes(attributes, (key) => `resource.${key}`)
  if (!(read instanceof Map)) return { service: UNKNOWN_SERVICE, labels: read, leftOut: [] }
  const given = attributes.read().get(SERVICE_NAME)
  const service = read.get(SERVICE_LABEL) || UNKNOWN_SERVICE
  // A name that is not a string keeps its label, so that 1 and "1" remain two services.
  if (given === undefined || typeof given === 'string') {
    read.delete(SERVICE_LABEL)
    read.delete(`${TYPE}${SERVICE_LABEL}`)
  }
  const { kept, leftOut } = fitLabels(read, new Map(), { ignored, max: MAX_RESOURCE_BYTES })
  return { service, labels: withoutIgnored(kept, ignored), leftOut }
}

const SCOPE_NAME = 'scope.name'
const SCOPE_VERSION = 'scope.version'

/**
 * Returns the labels of a scope: `scope.name` and `scope.version` if they are not empty, and its attributes. None is left out, because
 * they distinguish scopes; attributes that no data point could have refuse the points of the scope.
 */
export function readScope({ name, version, attributes }: Scope, ignored: readonly string[]): ReadLabels {
  const read = readAttributes(attributes, scopeLabel)
  if (!(read instanceof Map)) return read
  if (name !== '') read.set(SCOPE_NAME, name)
  if (version !== '') read.set(SCOPE_VERSION, version)
  const verdict = identityLabels(Object.fromEntries(read), ignored)
  return 'broken' in verdict ? { rule: verdict.broken } : withoutIgnored(read, ignored)
}

/** Ignored labels were not counted: they are not stored, but would be copied for every data point. */
function withoutIgnored(labels: ReadonlyMap<string, string>, ignored: readonly string[]): ReadonlyMap<string, string> {
  return ignored.length === 0 ? labels : new Map([...labels].filter(([key]) => !ignored.includes(key)))
}
