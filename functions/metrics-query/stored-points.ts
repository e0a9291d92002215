// Returns pages of points from the log and chunks, and from the objects under them.

import type { Micros } from '@penstock/shared/base/time.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { type AcrossDeps, readAcrossObjects } from '@penstock/shared/reading/across-objects.ts'
import type { WantedSeries } from '@penstock/shared/reading/named-series.ts'
import { type MonthUnder, selectMonthObjects } from '@penstock/shared/reading/object-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { nameMatching } from './months/archive-series.ts'
import { type Points, takePoints } from './months/points.ts'
import { matches, type Place, type SeriesFilter } from './queries.ts'
import { addObjects, objectsInReach, type PageAsk } from './range/under-page.ts'
import { findStoredSeries } from './stored-queries.ts'

/** Maximum series whose ids are sent with a statement; a tenant has no more by default. */
const MOST_SERIES = 100_000

export interface Paging {
  readonly filter: SeriesFilter
  /** Inclusive. */
  readonly from: Micros
  /** The page begins after this position. */
  readonly after: Place
  readonly skip: number
  readonly limit: number
}

export interface StoredPage {
  readonly points: Points
  /** The source of the points, for the header `Penstock-Source`. */
  readonly source: string
}

/**
 * Returns the points of a page in page order, from one snapshot of the log, chunks and objects. No transaction is open during requests to
 * storage.
 * @throws {Problem} 422 when too much of the archive would have to be read, 503 when it does not answer.
 */
export async function findStoredPoints(deps: AcrossDeps, paging: Paging): Promise<StoredPage> {
  const { filter, from, after, skip, limit } = paging
  const ask = { from, after, count: skip + limit }
  return await readAcrossObjects(deps, async (archive, current) => {
    const { points, objects, series } = await deps.db.read(
      filter.tenantId,
      (tx) => readSnapshot(tx, filter, ask, deps.limits.archiveSeries),
      { oneSnapshot: true },
    )
    const source = ['points', ...(objects.length > 0 ? ['archive'] : [])].join(', ')
    const page = series ? await addObjects(archive, current(objects), series, ask, points) : points
    return { points: takePoints(page, skip, limit), source }
  })
}

interface PageSnapshot {
  readonly points: Points
  /** The objects that can have points of the page, newest first. */
  readonly objects: readonly MonthUnder[]
  /** The series to look for in them; undefined when there is none to look into. */
  readonly series: WantedSeries | undefined
}

async function readSnapshot(
  tx: Transaction<Database>,
  filter: SeriesFilter,
  ask: PageAsk,
  mostNamed: number,
): Promise<PageSnapshot> {
  const nothing = { points: none, objects: [], series: undefined }
  if (ask.from > ask.after.ts) return nothing
  const series = isWholeTenant(filter) ? null : await findStoredSeries(tx, matches(filter), MOST_SERIES)
  if (series?.length === 0) return nothing
  const { tenantId } = filter
  const points = await readNewest(tx, { tenantId, series, ...ask })
  const objects = objectsInReach(
    await selectMonthObjects(tx, { tenantId, from: ask.from, to: ask.after.ts }),
    ask,
    points,
  )
  return { points, objects, series: objects.length > 0 ? await nameMatching(tx, filter, mostNamed) : undefined }
}

const none: Points = { series: new Int32Array(0), at: new Float64Array(0), value: new Float64Array(0) }

const isWholeTenant = ({ serviceName, metricType, unit, labels }: SeriesFilter): boolean =>
  labels.length === 0 && serviceName === undefined && metricType === undefined && unit === undefined
