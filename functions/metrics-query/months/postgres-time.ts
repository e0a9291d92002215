// Instants as PostgreSQL prints them.
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'

/** `2026-11-20 17:09:01.123456+00`; of years that `fromPostgres` reads. */
export const toPostgres = (at: Micros): string => `${formatTimestamp(at).slice(0, -1).replace('T', ' ')}+00`

/** `2026-11-20 17:09:01.5+00`, as PostgreSQL prints it in UTC, to `2026-11-20T17:09:01.500000Z`. */
export const toWire = (ts: string): string =>
  `${ts.slice(0, 10)}T${ts.slice(11, 19)}.${ts.slice(20, -3).padEnd(6, '0')}Z`
