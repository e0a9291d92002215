// Exports a tenant's points month by month, from the archive and from the database.

import { mergeRuns } from '@penstock/shared/archive/merge-runs.ts'
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { selectMonthObject } from '@penstock/shared/lifecycle/object-queries.ts'
import type { Labels } from '@penstock/shared/points/labels.ts'
import { asyncBufferFromFile } from 'hyparquet'
import { listObjects } from '../erase/object-records.ts'
import type { EraseDeps } from '../erase/place.ts'
import type { ExportSink } from './sink.ts'
import { selectStoredMonths, storedRuns } from './stored.ts'

const BLOCK_BYTES = 8 * 1024 * 1024

/** Writes `metrics/month=….parquet` and, with the same points in the form of npm run import, `….ndjson`. */
export async function exportPoints(deps: EraseDeps, sink: ExportSink): Promise<void> {
  const archived = (await listObjects(deps, 'metrics')).filter(({ state }) => state === 'verified')
  const months = new Set([...archived.map(({ month }) => month), ...(await selectStoredMonths(deps))])
  for (const month of [...months].toSorted()) {
    await deps.renew()
    await addBoth(sink, `metrics/month=${month}`, metricParquet(contentOf(deps, month)))
  }
}

/** The points of a month: those of the object that holds it, under those of the log and chunks. No run of retention changes the month in the meantime. */
async function* contentOf(deps: EraseDeps, month: string): AsyncGenerator<MetricRun, void> {
  const { db, tenant } = deps
  const object = await db.read(tenant.id, (tx) => selectMonthObject(tx, { tenantId: tenant.id, month }))
  const stored = storedRuns(deps, month)
  yield* object ? mergeRuns(wholeRows({ ...deps, limits: { blockBytes: BLOCK_BYTES } }, object), stored) : stored
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

/** Returns an object's bytes, block by block. */
export async function* blocksOf(
  store: EraseDeps['store'],
  object: { readonly name: string; readonly generation: string },
  size: number,
): AsyncGenerator<Uint8Array, void> {
  for (let from = 0; from < size; from += BLOCK_BYTES)
    yield await store.readRange(object, from, Math.min(size, from + BLOCK_BYTES))
}
