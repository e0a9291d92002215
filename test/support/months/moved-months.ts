// Moves months into an archive in memory and back, without the functions that normally do it, for tests of the readers.

import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { addMonths } from '@penstock/shared/base/time.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import type { MonthState } from '@penstock/shared/schema/index.ts'
import type { TestDatabase } from '../postgres/database.ts'
import type { ObjectMemory } from './archive-objects.ts'

const tableOf = (parent: string, month: string): string => `${parent}_${month.slice(0, 7).replace('-', '_')}`

/** Writes each tenant's points of a month to an object with its manifest, like those of `verified` months. */
export async function writeMonth(db: TestDatabase, memory: ObjectMemory, month: string): Promise<void> {
  const rows = await db.query<PointRow>(
    `select p.tenant_id, p.series_id, s.service_name, s.metric_type, s.unit, s.labels, p.value,
       (extract(epoch from p.ts) * 1000000)::bigint::text as at
     from metric_point p join metric_series s on s.id = p.series_id
     where p.ts >= $1::date and p.ts < $2::date`,
    [month, addMonths(month, 1)],
  )
  for (const tenantId of new Set(rows.map((row) => row.tenant_id))) {
    const own = rows.filter((row) => row.tenant_id === tenantId)
    const { name, generation, bytes, rows: count } = await memory.write(runsOf(own))
    await db.query(
      `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, verified_at)
       select 'metrics', $1, $2::date, $3::text, $4::bigint, $5, min(ts), max(ts), $6, 'AAAAAA==', sha256(convert_to($3::text, 'UTF8')), 'verified', now()
       from metric_point where tenant_id = $1 and ts >= $2::date and ts < $7::date`,
      [tenantId, month, name, generation, count, bytes, addMonths(month, 1)],
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

export async function setState(db: TestDatabase, month: string, state: MonthState): Promise<void> {
  await db.query('update metric_month set state = $2, changed_at = clock_timestamp() where month = $1', [month, state])
}

/** Drops a month's partition of a table, with its rows. */
export async function dropPartition(
  db: TestDatabase,
  parent: 'metric_point' | 'metric_rollup',
  month: string,
): Promise<void> {
  await db.query(`alter table ${parent} detach partition ${tableOf(parent, month)}`)
  await db.query(`drop table ${tableOf(parent, month)}`)
}

/** Computes every hour's roll-up, and marks them as complete below an instant. */
export async function rollUp(db: TestDatabase, watermark: string): Promise<void> {
  await db.query('delete from metric_rollup')
  await db.query(
    `insert into metric_rollup (tenant_id, series_id, bucket, count, sum, min, max)
     select tenant_id, series_id, date_trunc('hour', ts, 'UTC'), count(*), sum(value order by ts), min(value), max(value)
     from metric_point where ts < $1 group by 1, 2, 3`,
    [watermark],
  )
  await db.query('update rollup_mark set fence = $1, watermark = $1', [watermark])
}
