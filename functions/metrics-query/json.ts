// Series as JSON text. By hand: canonical labels keep their order, which an object of ours would change where names are numbers.
import type { Member } from './page.ts'
import { metadata } from './point-template.ts'
import type { SeriesSpan } from './queries.ts'

/** Writes the contract's Series. */
export function writeSeries(row: SeriesSpan): Member {
  const names = `"service_name":${JSON.stringify(row.service_name)},"metric_type":${JSON.stringify(row.metric_type)}`
  const ends = `"first_timestamp":${instant(row.first_ts)},"last_timestamp":${instant(row.last_ts)}`
  const text = `{${names},"unit":${JSON.stringify(row.unit)},"metric_metadata":${metadata(row)},${ends}}`
  return { text, bytes: Buffer.byteLength(text) }
}

const instant = (ts: string | null): string => (ts === null ? 'null' : `"${toWire(ts)}"`)

/** `2026-11-20 17:09:01.5+00`, as PostgreSQL prints it in UTC, to `2026-11-20T17:09:01.500000Z`. */
export const toWire = (ts: string): string =>
  `${ts.slice(0, 10)}T${ts.slice(11, 19)}.${ts.slice(20, -3).padEnd(6, '0')}Z`
