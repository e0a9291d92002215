// Formats values for use in statements.
import { type RawBuilder, sql } from 'kysely'
import { formatTimestamp, type Micros } from '../base/time.ts'

/** Formats an array of numbers as a parameter in PostgreSQL's syntax; several times faster than the driver's general way. */
export const numbers = (values: readonly number[]): string => `{${values.join(',')}}`

/** Makes a timestamptz parameter; -Infinity becomes PostgreSQL's `-infinity`. */
export const instant = (at: Micros): RawBuilder<unknown> =>
  sql`${at === Number.NEGATIVE_INFINITY ? '-infinity' : formatTimestamp(at)}::timestamptz`
