// Finds series in archive objects, by names and labels.

import { archiveTooLarge, Problem } from '@penstock/shared/base/problem.ts'
import { describeSeries, toWanted, type WantedSeries } from '@penstock/shared/reading/named-series.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { findSeriesIds, type SeriesFilter } from '../queries.ts'

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
