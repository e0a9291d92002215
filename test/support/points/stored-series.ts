// Inserts series and points into a test's database without the write path, for tests of readers.
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import { canonicalLabels, type Labels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { type TestDatabase, testedStore } from '../postgres/database.ts'
import { compactEverything } from './compact-everything.ts'

export interface SeriesNames {
  readonly service?: string
  readonly type?: string
  readonly unit?: string
  /** JSON text or an object. */
  readonly labels?: string | Readonly<Record<string, unknown>>
}

/** Adds a series and returns its id. The table refuses two with the same names. */
export async function addSeries(db: TestDatabase, tenantId: number, names: SeriesNames = {}): Promise<number> {
  const { service = 'svc', type = 'temp', unit = 'C', labels = {} } = names
  const json = typeof labels === 'string' ? labels : JSON.stringify(labels)
  const canonical = canonicalLabels(JSON.parse(json) as Labels)
  const identity = Buffer.from(seriesIdentity({ service, type, unit, labels: canonical }), 'hex')
  const [row] = await db.query<{ id: number }>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [tenantId, service, type, unit, json, identity],
  )
  if (!row) throw new Error('no series was added')
  return row.id
}

/** Stores points of a series; an existing point gets the new value. */
export async function addPoints(
  db: TestDatabase,
  tenantId: number,
  seriesId: number,
  points: readonly (readonly [at: Micros, value: number])[],
): Promise<void> {
  const last = [...new Map(points)]
  await db.query(
    `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
     select $1, s.block, min(ts), max(ts), count(*), array_agg(s.id), array_agg(ts order by ts), array_agg(value order by ts)
     from (
       select ts, value, row_number() over (partition by date_trunc('day', ts, 'UTC') order by ts) / 4000 as part
       from unnest($3::timestamptz[], $4::float8[]) as p (ts, value)
     ) p cross join (select id, block from metric_series where id = $2) s
     group by s.id, s.block, date_trunc('day', ts, 'UTC'), part`,
    [tenantId, seriesId, last.map(([at]) => formatTimestamp(at)), last.map(([, value]) => value)],
  )
  if (testedStore !== 'chunks') return
  const compaction = db.openAs('compaction')
  await compactEverything(compaction)
  await compaction.close()
}
