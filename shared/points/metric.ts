// A metric as our own JSON says it: in a request, in a message, in a line of a file.
import { z } from 'zod'
import { parseTimestamp } from '../base/time.ts'
import { text, timestamp, unstorable, wrongType } from '../base/wire.ts'

/** A bound of our own: `sum` of two huge finite values is an error in PostgreSQL, and would stop a tenant's roll-ups for ever. */
export const MAX_VALUE = 1e150
const MAX_SERVICE_NAME = 100
const MAX_METRIC_TYPE = 50
const MAX_UNIT = 20

/** Labels are looked at by the verdict, once, together with their canonical form. */
export const Metric = z.object({
  service_name: text(MAX_SERVICE_NAME),
  metric_type: text(MAX_METRIC_TYPE),
  metric_value: z.number().min(-MAX_VALUE, 'must be at least -1e150').max(MAX_VALUE, 'must be at most 1e150'),
  unit: text(MAX_UNIT, 0),
  timestamp: timestamp.nullish(),
  metric_metadata: z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object').nullish(),
})
export type Metric = z.output<typeof Metric>

/** The metrics in a parsed message: one, an array of them, or `{ "metrics": [...] }`; undefined when it is none of these. */
export function entriesIn(parsed: unknown): readonly unknown[] | undefined {
  if (Array.isArray(parsed)) return parsed
  if (!isObject(parsed)) return undefined
  const metrics = Object.hasOwn(parsed, 'metrics') ? parsed['metrics'] : undefined
  return Array.isArray(metrics) ? metrics : [parsed]
}

/** The schema's verdict on an entry, at once where it plainly keeps every rule. */
export function parseMetric(entry: unknown) {
  const data = plainMetric(entry)
  return data ? { success: true as const, data } : Metric.safeParse(entry, { error: wrongType })
}

/**
 * What the schema makes of an entry that plainly keeps every rule, in a fraction of its time; of any other undefined, and the schema says
 * whether it keeps them all the same, or which it breaks.
 */
export function plainMetric(entry: unknown): Metric | undefined {
  if (!isObject(entry)) return undefined
  const { service_name, metric_type, metric_value, unit, timestamp, metric_metadata } = entry
  if (!isPlainText(service_name, MAX_SERVICE_NAME) || service_name === '') return undefined
  if (!isPlainText(metric_type, MAX_METRIC_TYPE) || metric_type === '') return undefined
  if (!isPlainText(unit, MAX_UNIT)) return undefined
  if (typeof metric_value !== 'number' || !(Math.abs(metric_value) <= MAX_VALUE)) return undefined
  if (metric_metadata !== undefined && metric_metadata !== null && !isObject(metric_metadata)) return undefined
  if (timestamp === undefined || timestamp === null)
    return { service_name, metric_type, metric_value, unit, timestamp, metric_metadata }
  const at = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined
  return at === undefined
    ? undefined
    : { service_name, metric_type, metric_value, unit, timestamp: at, metric_metadata }
}

/** Counted in code units, of which a text has no fewer than characters. */
const isPlainText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length <= max && unstorable(value) === undefined

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
