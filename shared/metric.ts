// A metric as our own JSON says it: in a request, in a message, in a line of a file.
import { z } from 'zod'
import { text, timestamp } from './wire.ts'

/** A bound of our own: `sum` of two huge finite values is an error in PostgreSQL, and would stop a tenant's roll-ups for ever. */
const MAX_VALUE = 1e150

/** Labels are looked at by the verdict, once, together with their canonical form. */
export const Metric = z.object({
  service_name: text(100),
  metric_type: text(50),
  metric_value: z.number().min(-MAX_VALUE, 'must be at least -1e150').max(MAX_VALUE, 'must be at most 1e150'),
  unit: text(20, 0),
  timestamp: timestamp.nullish(),
  metric_metadata: z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object').nullish(),
})
export type Metric = z.output<typeof Metric>

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
