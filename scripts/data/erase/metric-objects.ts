// Finds points of some series in archive objects.
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import type { ObjectVersion } from '@penstock/shared/archive/stored-object.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { listObjects } from './object-records.ts'
import type { EraseDeps } from './place.ts'

export type IsErased = (series: SeriesName) => boolean

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
  const slice = async (start: number, end = object.size): Promise<ArrayBuffer> =>
    new Uint8Array(await store.readRange(object, start, end)).buffer
  let found = 0
  for await (const { series, at } of readMetricParquet({ byteLength: object.size, slice }))
    if (isErased(series)) found += at.length
  return found
}

type Versioned = ObjectVersion & { readonly size: number }
