// Exports a tenant's points month by month, from the database, or from the archive for months that have left it.

import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { compareSeries, type MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { canonicalLabels, type Labels } from '@penstock/shared/points/labels.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { asyncBufferFromFile } from 'hyparquet'
import { sql } from 'kysely'
import { listObjects, type RecordedObject } from '../erase/object-records.ts'
import type { EraseDeps } from '../erase/place.ts'
import type { ExportSink } from './sink.ts'
import { selectStoredMonths, storedRuns } from './stored.ts'

const PAGE_POINTS = 50_000
const BLOCK_BYTES = 8 * 1024 * 1024

/** Writes `metrics/month=….parquet` and, with the same points in the form of npm run import, `….ndjson`. */
export async function exportPoints(deps: EraseDeps, sink: ExportSink): Promise<void> {
  if (await isLogStore(deps.db)) return await exportStored(deps, sink)
  const objects = await listObjects(deps, 'metrics')
  for (const { month, inDatabase } of await selectMonths(deps)) {
    await deps.renew()
    const bytes = inDatabase ? await stored(deps, month) : archived(deps, objects, month)
    if (bytes) await addBoth(sink, `metrics/month=${month}`, bytes)
  }
}

async function exportStored(deps: EraseDeps, sink: ExportSink): Promise<void> {
  for (const month of await selectStoredMonths(deps)) {
    await deps.renew()
    await addBoth(sink, `metrics/month=${month}`, metricParquet(storedRuns(deps, month)))
  }
}

/** Returns undefined when the tenant has no points in the month. */
async function stored(deps: EraseDeps, month: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const series = await selectSeries(deps, month)
  return series.length === 0 ? undefined : metricParquet(runsOf(deps, month, series))
}

function archived(
  { store }: EraseDeps,
  objects: readonly RecordedObject[],
  month: string,
): AsyncIterable<Uint8Array> | undefined {
  const object = objects.find((one) => one.month === month && one.state === 'verified')
  return object && blocksOf(store, object, object.size)
}

async function selectMonths({ db, tenant }: EraseDeps): Promise<{ month: string; inDatabase: boolean }[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ month: string; inDatabase: boolean }>`
        select month::text as month, state in ('live', 'sealed', 'written', 'verified') as "inDatabase"
        from metric_month order by 1`.execute(tx)
    return rows
  })
}

/** The second file is made from the first one, so both have the same points, even when others are written in the meantime. */
async function addBoth(sink: ExportSink, name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let rows = 0
  await sink.add(`${name}.parquet`, bytes, async (path) => {
    const file = await asyncBufferFromFile(path)
    await sink.add(
      `${name}.ndjson`,
      linesOf(readMetricParquet(file), (count) => (rows += count)),
      async () => rows,
    )
    return rows
  })
}

async function* linesOf(
  runs: AsyncIterable<MetricRun>,
  count: (rows: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const { series, at, value } of runs) {
    count(at.length)
    const name = { service_name: series.service, metric_type: series.type, unit: series.unit }
    const labels = series.labels === '{}' ? {} : { metric_metadata: JSON.parse(series.labels) as Labels }
    const lines = Array.from(at, (instant, i) =>
      JSON.stringify({ ...name, metric_value: value[i], timestamp: formatTimestamp(instant), ...labels }),
    )
    yield Buffer.from(`${lines.join('\n')}\n`)
  }
}

interface NamedSeries {
  readonly id: number
  readonly name: SeriesName
}

async function* runsOf(
  deps: EraseDeps,
  month: string,
  series: readonly NamedSeries[],
): AsyncGenerator<MetricRun, void> {
  for (const { id, name } of series) {
    await deps.renew()
    for (let after = '-infinity', full = true; full; ) {
      const page = await selectPage(deps, id, month, after)
      full = page.length === PAGE_POINTS
      after = page.at(-1)?.ts ?? after
      if (page.length === 0) continue
      const at = Float64Array.from(page, ({ ts }) => fromPostgres(ts))
      yield { series: name, at, value: Float64Array.from(page, ({ value }) => value) }
    }
  }
}

/** Returns the series in the archive's order. */
async function selectSeries({ db, tenant }: EraseDeps, month: string): Promise<NamedSeries[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ id: number; service: string; type: string; unit: string; labels: Labels }>`
        select id, service_name as service, metric_type as type, unit, labels from metric_series
        where tenant_id = ${tenant.id}::int and id in (
          select distinct series_id from metric_point where tenant_id = ${tenant.id}::int and ${inMonth(month)}
        )`.execute(tx)
    return rows
      .map(({ id, labels, ...name }) => ({ id, name: { ...name, labels: canonicalLabels(labels) } }))
      .toSorted((a, b) => compareSeries(a.name, b.name))
  })
}

async function selectPage(
  { db, tenant }: EraseDeps,
  series: number,
  month: string,
  after: string,
): Promise<{ ts: string; value: number }[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ ts: string; value: number }>`
        select ts, value from metric_point
        where tenant_id = ${tenant.id}::int and series_id = ${series}::int and ${inMonth(month)} and ts > ${after}::timestamptz
        order by ts limit ${PAGE_POINTS}::int`.execute(tx)
    return rows
  })
}

const inMonth = (month: string) => sql`
  ts >= ${month}::timestamp at time zone 'UTC' and ts < (${month}::date + interval '1 month') at time zone 'UTC'`

/** Returns an object's bytes, block by block. */
export async function* blocksOf(
  store: EraseDeps['store'],
  object: { readonly name: string; readonly generation: string },
  size: number,
): AsyncGenerator<Uint8Array, void> {
  for (let from = 0; from < size; from += BLOCK_BYTES)
    yield await store.readRange(object, from, Math.min(size, from + BLOCK_BYTES))
}
