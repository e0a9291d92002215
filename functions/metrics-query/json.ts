// Points and series as JSON text. By hand: what the points of a series share is written once, and canonical labels keep their order,
// which an object of ours would change where names are numbers.
import { canonicalLabels } from '@penstock/shared/labels.ts'
import { pointId } from '@penstock/shared/point-id.ts'
import { fromPostgres } from '@penstock/shared/time.ts'
import type { Member } from './page.ts'
import type { PointRow, SeriesRow, SeriesSpan } from './queries.ts'

/** Gives the function that writes points of these series as the contract's Metric. */
export function metricWriter(series: readonly SeriesRow[]): (point: PointRow) => Member {
  const writers = new Map(series.map((row) => [row.id, writerOf(row)]))
  return (point) => {
    const write = writers.get(point.series_id)
    if (!write) throw new Error(`series ${point.series_id} has points but no row`)
    return write(point)
  }
}

function writerOf(series: SeriesRow): (point: PointRow) => Member {
  const names = `"service_name":${JSON.stringify(series.service_name)},"metric_type":${JSON.stringify(series.metric_type)}`
  const toValue = `",${names},"metric_value":`
  const toTime = `,"unit":${JSON.stringify(series.unit)},"timestamp":"`
  const toEnd = `","metric_metadata":${metadata(series)}}`
  const shared = toValue + toTime + toEnd
  // Ids, values and times are ASCII.
  const beyondAscii = Buffer.byteLength(shared) - shared.length
  return ({ series_id, ts, value }) => {
    const text = `{"id":"${pointId(series_id, fromPostgres(ts))}${toValue}${value}${toTime}${toWire(ts)}${toEnd}`
    return { text, bytes: text.length + beyondAscii }
  }
}

/** Writes the contract's Series. */
export function writeSeries(row: SeriesSpan): Member {
  const names = `"service_name":${JSON.stringify(row.service_name)},"metric_type":${JSON.stringify(row.metric_type)}`
  const ends = `"first_timestamp":${instant(row.first_ts)},"last_timestamp":${instant(row.last_ts)}`
  const text = `{${names},"unit":${JSON.stringify(row.unit)},"metric_metadata":${metadata(row)},${ends}}`
  return { text, bytes: Buffer.byteLength(text) }
}

function metadata({ labels }: SeriesRow): string {
  const canonical = canonicalLabels(labels)
  return canonical === '{}' ? 'null' : canonical
}

const instant = (ts: string | null): string => (ts === null ? 'null' : `"${toWire(ts)}"`)

/** `2026-11-20 17:09:01.5+00`, as PostgreSQL prints it in UTC, to `2026-11-20T17:09:01.500000Z`. */
export const toWire = (ts: string): string =>
  `${ts.slice(0, 10)}T${ts.slice(11, 19)}.${ts.slice(20, -3).padEnd(6, '0')}Z`
