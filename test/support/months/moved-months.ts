// Moves months into an archive in memory, without the function that normally does it, for tests of the readers.
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { addMonths } from '@penstock/shared/base/time.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import type { TestDatabase } from '../postgres/database.ts'
import type { ObjectMemory } from './archive-objects.ts'

/** Writes each tenant's points of a month to an object with its record, whose hours have no roll-ups. The points stay in the database. */
export async function writeMonth(db: TestDatabase, memory: ObjectMemory, month: string): Promise<void> {
  const rows = await db.query<PointRow>(
    `select p.tenant_id, p.series_id, s.service_name, s.metric_type, s.unit, s.labels, p.value,
       (extract(epoch from p.ts) * 1000000)::bigint::text as at
     from stored_point p join metric_series s on s.id = p.series_id
     where p.ts >= $1::date and p.ts < $2::date order by p.series_id, p.ts`,
    [month, addMonths(month, 1)],
  )
  for (const tenantId of new Set(rows.map((row) => row.tenant_id))) {
    const own = rows.filter((row) => row.tenant_id === tenantId)
    const { name, generation, bytes, rows: count } = await memory.write(runsOf(own))
    await db.query(
      `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, verified_at)
       select 'metrics', $1, $2::date, $3::text, $4::bigint, $5, min(ts), max(ts), $6, 'AAAAAA==', sha256(convert_to($3::text, 'UTF8')), 'verified', now()
       from stored_point where tenant_id = $1 and ts >= $2::date and ts < $7::date`,
      [tenantId, month, name, generation, count, bytes, addMonths(month, 1)],
    )
    await db.query(
      `insert into metric_series_span (tenant_id, series_id, first_ts, last_ts)
       select tenant_id, series_id, min(ts), max(ts) from stored_point
       where tenant_id = $1 and ts >= $2::date and ts < $3::date group by 1, 2
       on conflict (series_id) do update set first_ts = least(metric_series_span.first_ts, excluded.first_ts),
         last_ts = greatest(metric_series_span.last_ts, excluded.last_ts)`,
      [tenantId, month, addMonths(month, 1)],
    )
  }
}

interface PointRow {
  readonly tenant_id: number
  readonly series_id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly labels: Record<string, unknown>
  readonly at: string
  readonly value: number
}

function runsOf(rows: readonly PointRow[]): MetricRun[] {
  const bySeries = Map.groupBy(rows, (row) => row.series_id)
  return [...bySeries.values()].flatMap((points) => {
    const [first] = points
    if (!first) return []
    const { service_name: service, metric_type: type, unit } = first
    const series = { service, type, unit, labels: canonicalLabels(first.labels) }
    return [
      { series, at: Float64Array.from(points, (p) => Number(p.at)), value: Float64Array.from(points, (p) => p.value) },
    ]
  })
}
