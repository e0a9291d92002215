// Reads all rows of an archive object of metrics as runs, in the order in which they were written.
import type { AsyncBuffer } from 'hyparquet'
import type { SeriesName } from '../points/series-queries.ts'
import { fetchFooter, namesOfKey } from './metric-parquet-footer.ts'
import { bytesNeeded, readGroup } from './metric-parquet-rows.ts'
import type { MetricRun } from './metric-runs.ts'

/** Enough for the footer of an object of 15 million rows. */
const FIRST_BYTES = 256 * 1024

/**
 * Returns every row of an object in its order, as runs. One row group is in memory at a time. Safe to repeat.
 * @throws {DamagedArchive} when the bytes are not an object of our format, and the errors of `file`.
 */
export async function* readMetricParquet(file: AsyncBuffer): AsyncGenerator<MetricRun, void> {
  const fetch = async (start: number, end: number) => new Uint8Array(await file.slice(start, end))
  for (const group of (await fetchFooter(fetch, file.byteLength, FIRST_BYTES)).groups) {
    const { start, end } = bytesNeeded(group, {})
    for (const { key, at, value } of await readGroup(group, { start, bytes: await fetch(start, end) }))
      yield { series: seriesOf(key), at, value }
  }
}

function seriesOf(key: string): SeriesName {
  const [service = '', type = '', unit = '', labels = ''] = namesOfKey(key)
  return { service, type, unit, labels }
}
