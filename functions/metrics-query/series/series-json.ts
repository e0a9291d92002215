// Writes series as JSON text. It does not use JSON.stringify on the labels: they must stay in canonical order, which an object changes
// when names are numbers.

import { toWire } from '@penstock/shared/base/time.ts'
import type { Member } from '../page.ts'
import { metadata } from '../range/point-template.ts'
import type { StoredSpan } from '../stored-queries.ts'

/** Writes the contract's Series. */
export function writeSeries(row: StoredSpan): Member {
  const names = `"service_name":${JSON.stringify(row.service_name)},"metric_type":${JSON.stringify(row.metric_type)}`
  const ends = `"first_timestamp":${instant(row.first_ts)},"last_timestamp":${instant(row.last_ts)}`
  const text = `{${names},"unit":${JSON.stringify(row.unit)},"metric_metadata":${metadata(row)},${ends}}`
  return { text, bytes: Buffer.byteLength(text) }
}

const instant = (ts: string | null): string => (ts === null ? 'null' : `"${toWire(ts)}"`)
