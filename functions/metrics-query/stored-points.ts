// Returns pages of points and of series from the log and chunks.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { type Points, takePoints } from './months/points.ts'
import { matches, type SeriesFilter } from './queries.ts'
import type { Paging } from './range/newest-points.ts'
import { findStoredSeries } from './stored-queries.ts'

/** Maximum series whose ids are sent with a statement; a tenant has no more by default. */
const MOST_SERIES = 100_000

/** Returns the points of a page in page order, from one snapshot. */
export async function findStoredPoints({ db }: { readonly db: PenstockDatabase }, paging: Paging): Promise<Points> {
  const { filter, from, after, skip, limit } = paging
  return await db.inTenant(
    filter.tenantId,
    async (tx) => {
      const series = isWholeTenant(filter) ? null : await findStoredSeries(tx, matches(filter), MOST_SERIES)
      if (series?.length === 0 || from > after.ts) return none
      const newest = { tenantId: filter.tenantId, series, from, after, count: skip + limit }
      return takePoints(await readNewest(tx, newest), skip, limit)
    },
    { readOnly: true, oneSnapshot: true },
  )
}

const none: Points = { series: new Int32Array(0), at: new Float64Array(0), value: new Float64Array(0) }

const isWholeTenant = ({ serviceName, metricType, unit, labels }: SeriesFilter): boolean =>
  labels.length === 0 && serviceName === undefined && metricType === undefined && unit === undefined
