// JSON Schemas of what zod cannot describe itself, and the fields that answers are made of.
import { z } from 'zod'

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The JSON Schema of a rule that is written as code. The API document takes it instead of what zod would say. */
export const wireSchemas = z.registry<JsonSchema>()

/** Gives a rule the JSON Schema that the API document shows for it. */
export const onWire = <T extends z.ZodType>(rule: T, schema: JsonSchema): T => {
  wireSchemas.add(rule, schema)
  return rule
}

/** An instant as answers have it: RFC 3339 in UTC with microseconds, such as `2026-11-20T17:09:01.123456Z`. */
export const wireInstant = onWire(z.string(), { type: 'string', format: 'date-time' })

/** The first day of a month, such as `2026-08-01`. */
export const monthDay = onWire(z.string(), { type: 'string', format: 'date' })

/** A UUID in its canonical form. */
export const uuid = onWire(z.string(), { type: 'string', format: 'uuid' })

/** A number of rows, bytes or events. */
export const count = onWire(z.number(), { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** An exact whole number of 64 bits that is not negative: a JSON number, which a double may not hold. */
export const exactCount = onWire(z.bigint(), { type: 'integer', format: 'int64', minimum: 0 })

/** Members in order. */
export const listOf = <T extends z.ZodType>(member: T) => z.array(member).readonly()

/** An object whose keys the caller chose. */
export const mapOf = <T extends z.ZodType>(member: T) => z.record(z.string(), member).readonly()

/** The labels of a series, which are any JSON object; null if it has none. */
export const labelsOrNull = mapOf(z.unknown()).nullable()
