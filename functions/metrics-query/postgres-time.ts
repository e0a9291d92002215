// Instants as PostgreSQL prints them.
import { formatTimestamp, type Micros } from '@penstock/shared/time.ts'

/** `2026-11-20 17:09:01.123456+00`; of years that `fromPostgres` reads. */
export const toPostgres = (at: Micros): string => `${formatTimestamp(at).slice(0, -1).replace('T', ' ')}+00`
