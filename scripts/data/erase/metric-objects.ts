// Rewrites archive objects of points without some series. The new object is read back before the old one is removed.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { type MetricRun, type MetricSummary, metricSummary } from '@penstock/shared/archive/metric-runs.ts'
import type { ObjectVersion } from '@penstock/shared/archive/stored-object.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { listObjects, type RecordedObject, replaceObject } from './object-records.ts'
import type { EraseDeps } from './place.ts'

export type IsErased = (series: SeriesName) => boolean

/** Rewrites every object of the tenant that has such a series. Returns the number of erased points. Safe to repeat. */
export async function eraseFromMetricObjects(deps: EraseDeps, isErased: IsErased): Promise<number> {
  let erased = 0
  for (const object of await listObjects(deps, 'metrics')) {
    await deps.renew()
    const { found, kept } = await look(deps.store, object, isErased)
    if (found === 0) continue
    erased += found
    const written =
      kept.rows === 0 || object.state !== 'verified' ? undefined : await rewrite(deps, object, kept, isErased)
    await replaceObject(deps, object, written)
  }
  return erased
}

/** Counts the points of such series in objects of the tenant. */
export async function countInMetricObjects(deps: EraseDeps, isErased: IsErased): Promise<number> {
  let count = 0
  for (const object of await listObjects(deps, 'metrics')) {
    await deps.renew()
    count += await findErased(deps, object, isErased)
  }
  return count
}

/** Counts the points of such series in one object. */
export async function findErased({ store }: EraseDeps, object: Versioned, isErased: IsErased): Promise<number> {
  return (await look(store, object, isErased)).found
}

type Versioned = ObjectVersion & { readonly size: number }

async function look(
  store: ArchiveStore,
  object: Versioned,
  isErased: IsErased,
): Promise<{ readonly found: number; readonly kept: MetricSummary }> {
  const summary = metricSummary()
  let found = 0
  for await (const run of runsOf(store, object)) {
    if (isErased(run.series)) found += run.at.length
    else summary.add(run)
  }
  return { found, kept: summary.finish() }
}

async function rewrite({ store, tenant }: EraseDeps, object: RecordedObject, kept: MetricSummary, isErased: IsErased) {
  const name = `metrics/tenant=${tenant.name}/month=${object.month}/part-${kept.contentHash}.parquet`
  const stored = await store.put(name, () => metricParquet(without(runsOf(store, object), isErased)))
  const back = await look(store, stored, () => false)
  if (back.kept.contentHash !== kept.contentHash || back.kept.rows !== kept.rows)
    throw new Error(`${store.uriOf(name)} is not what was written: the old object stays`)
  return {
    name,
    generation: stored.generation,
    size: stored.size,
    crc32c: stored.crc32c,
    rows: kept.rows,
    minAt: kept.minAt ?? 0,
    maxAt: kept.maxAt ?? 0,
    contentHash: kept.contentHash,
  }
}

async function* without(runs: AsyncIterable<MetricRun>, isErased: IsErased): AsyncGenerator<MetricRun, void> {
  for await (const run of runs) if (!isErased(run.series)) yield run
}

function runsOf(store: ArchiveStore, object: Versioned): AsyncIterable<MetricRun> {
  const slice = async (start: number, end = object.size): Promise<ArrayBuffer> =>
    new Uint8Array(await store.readRange(object, start, end)).buffer
  return readMetricParquet({ byteLength: object.size, slice })
}
