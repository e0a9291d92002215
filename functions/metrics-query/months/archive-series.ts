// Finds series in archive objects, by names and labels.

import { seriesKey } from '@penstock/shared/archive/metric-parquet-footer.ts'
import type { Wanted } from '@penstock/shared/archive/metric-parquet-rows.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { archiveTooLarge } from '../contract.ts'
import { describeSeries, findSeriesIds, type SeriesFilter, type SeriesRow } from '../queries.ts'

/** The series to look for in objects. */
export type WantedSeries = Pick<Wanted, 'keys' | 'ids'>

/**
 * Returns the matching series.
 * @throws {Problem} 422 when there are more than `most`.
 */
export async function nameMatching(
  tx: Transaction<Database>,
  filter: SeriesFilter,
  most: number,
): Promise<WantedSeries> {
  const ids = await findSeriesIds(tx, filter, most + 1)
  return await nameSeries(tx, filter.tenantId, ids, most)
}

/**
 * Returns the series with these ids.
 * @throws {Problem} 422 when there are more than `most`.
 */
export async function nameSeries(
  tx: Transaction<Database>,
  tenantId: number,
  ids: readonly number[],
  most: number,
): Promise<WantedSeries> {
  if (ids.length > most) {
    const detail = `would search for more than ${most} series in archived months: name them by service_name=, metric_type=, unit= and labels.<name>=`
    throw new Problem(archiveTooLarge, detail, { errors: [{ pointer: '?service_name', detail }] })
  }
  return toWanted(await describeSeries(tx, tenantId, ids))
}

/** Returns the keys of these series. */
export function toWanted(rows: readonly SeriesRow[]): WantedSeries {
  const keyed = rows.map(({ id, service_name, metric_type, unit, labels }) => ({
    id,
    key: seriesKey([service_name, metric_type, unit, canonicalLabels(labels)]),
  }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return { keys: keyed.map(({ key }) => key), ids: keyed.map(({ id }) => id) }
}

/** Memory of a series in addition to its key. */
const SERIES_OVERHEAD = 100

/** Returns the memory of these series in bytes. */
export const bytesOfWanted = ({ keys }: WantedSeries): number =>
  keys.reduce((sum, key) => sum + key.length + SERIES_OVERHEAD, 0)
