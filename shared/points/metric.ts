// A metric in our own JSON: in a request, in a message, or in a line of a file.
import { z } from 'zod'
import { parseTimestamp } from '../base/time.ts'
import { text, timestamp, unstorable, wrongType } from '../base/wire.ts'
import { onWire } from '../base/wire-schema.ts'

/** Our own bound: in PostgreSQL the `sum` of two huge finite values is an error, which would stop a tenant's roll-ups forever. */
export const MAX_VALUE = 1e150
const MAX_SERVICE_NAME = 100
const MAX_METRIC_TYPE = 50
const MAX_UNIT = 20

/** The product itself writes the points of services whose names begin with this, together with a ledger. */
const RESERVED = 'penstock.'

/** Returns the rule that the name of a sender's service breaks, as a sentence; undefined when it breaks none. */
export const brokenServiceRule = (service: string): string | undefined =>
  service.startsWith(RESERVED) ? `must not begin with ${RESERVED}, which is reserved` : undefined

/** Labels are checked by the verdict, once, together with their canonical form. */
export const Metric = z.object({
  service_name: onWire(
    text(MAX_SERVICE_NAME).superRefine((service, context) => {
      const message = brokenServiceRule(service)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    }),
    { type: 'string', minLength: 1, maxLength: MAX_SERVICE_NAME },
  ),
  metric_type: text(MAX_METRIC_TYPE),
  metric_value: z.number().min(-MAX_VALUE, 'must be at least -1e150').max(MAX_VALUE, 'must be at most 1e150'),
  unit: text(MAX_UNIT, 0),
  timestamp: timestamp.nullish(),
  metric_metadata: z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object').nullish(),
})
export type Metric = z.output<typeof Metric>

/** Returns the metrics in a parsed message: one, an array of them, or `{ "metrics": [...] }`; undefined for anything else. */
export function entriesIn(parsed: unknown): readonly unknown[] | undefined {
  if (Array.isArray(parsed)) return parsed
  if (!isObject(parsed)) return undefined
  const metrics = Object.hasOwn(parsed, 'metrics') ? parsed['metrics'] : undefined
  return Array.isArray(metrics) ? metrics : [parsed]
}

/** Returns the schema's result for an entry, without calling the schema when the entry is plainly valid. */
export function parseMetric(entry: unknown) {
  const data = plainMetric(entry)
  return data ? { success: true as const, data } : Metric.safeParse(entry, { error: wrongType })
}

/**
 * Returns the schema's result for a plainly valid entry, in a fraction of its time. Returns undefined for any other entry, which may
 * still be valid: the schema decides.
 */
export function plainMetric(entry: unknown): Metric | undefined {
  if (!isObject(entry)) return undefined
  const { service_name, metric_type, metric_value, unit, timestamp, metric_metadata } = entry
  if (!isPlainText(service_name, MAX_SERVICE_NAME) || service_name === '' || service_name.startsWith(RESERVED))
    return undefined
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

/** True for a text of at most `max` code units: it then has at most as many characters. */
const isPlainText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length <= max && unstorable(value) === undefined

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
