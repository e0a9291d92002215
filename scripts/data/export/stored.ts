// Reads a tenant's points from the log and chunks, month by month.

import { compareSeries, type MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { addMonths, DAY, monthStart } from '@penstock/shared/base/time.ts'
import { canonicalLabels, type Labels } from '@penstock/shared/points/labels.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import type { SeriesId, SeriesName } from '@penstock/shared/points/series-queries.ts'
import { sql } from 'kysely'
import type { EraseDeps } from '../erase/place.ts'

type StoredDeps = Pick<EraseDeps, 'tenant' | 'renew'> & { readonly db: Pick<EraseDeps['db'], 'read'> }

/** Points of a series, with its id. */
export interface StoredRun extends MetricRun {
  readonly id: number
}

/** Length of a window. A week with a point per second takes 20 MB. */
const WINDOW = 7 * DAY

/** Returns the first days of the months in which the tenant has points. */
export async function selectStoredMonths({ db, tenant }: Omit<StoredDeps, 'renew'>): Promise<readonly string[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ month: string }>`
        select distinct date_trunc('month', last_ts at time zone 'UTC')::date::text as month from (
          select last_ts from metric_log where tenant_id = ${tenant.id}::int
          union all
          select last_ts from metric_chunk where tenant_id = ${tenant.id}::int
        ) stored order by 1`.execute(tx)
    return rows.map(({ month }) => month)
  })
}

/** Yields the points of a month in the archive's order. A week of a series is read from one snapshot. */
export async function* storedRuns(deps: StoredDeps, month: string): AsyncGenerator<StoredRun, void> {
  const [begin, end] = [monthStart(month), monthStart(addMonths(month, 1))]
  for (const { name, ...series } of await selectSeries(deps, month)) {
    await deps.renew()
    for (let from = begin; from < end; from += WINDOW) {
      const range = { tenantId: deps.tenant.id, series: [series], from, to: Math.min(from + WINDOW, end) - 1 }
      const found = await deps.db.read(deps.tenant.id, (tx) => readSeries(tx, range))
      const points = found.get(series.id)
      if (points) yield { id: series.id, series: name, at: points.at, value: points.value }
    }
  }
}

interface NamedSeries extends SeriesId {
  readonly name: SeriesName
}

/** Returns the series with points in the month, in the archive's order. */
async function selectSeries({ db, tenant }: StoredDeps, month: string): Promise<readonly NamedSeries[]> {
  return await db.read(tenant.id, async (tx) => {
    const inMonth = sql`
        tenant_id = ${tenant.id}::int and last_ts >= ${month}::timestamp at time zone 'UTC'
        and last_ts < (${month}::date + interval '1 month') at time zone 'UTC'`
    const { rows } = await sql<{
      id: number
      block: number
      service: string
      type: string
      unit: string
      labels: Labels
    }>`
        select id, block, service_name as service, metric_type as type, unit, labels from metric_series
        where tenant_id = ${tenant.id}::int and id in (
          select series_id from metric_chunk where ${inMonth}
          union
          select unnest(series) from metric_log where ${inMonth}
        )`.execute(tx)
    return rows
      .map(({ id, block, labels, ...name }) => ({ id, block, name: { ...name, labels: canonicalLabels(labels) } }))
      .toSorted((a, b) => compareSeries(a.name, b.name))
  })
}
