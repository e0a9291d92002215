// Returns pages of points from the log and chunks, and from the objects under them.

import type { Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { PipelineRows, PipelineStatement } from '@penstock/shared/database/pipeline.ts'
import { plannedStatement, preparedStatement } from '@penstock/shared/database/pipeline-statement.ts'
import { copyText, readBinaryRows } from '@penstock/shared/points/binary-rows.ts'
import { readNewestWith } from '@penstock/shared/points/read-newest.ts'
import { type AcrossDeps, readAcrossObjects } from '@penstock/shared/reading/across-objects.ts'
import { type MonthUnder, monthObjects, readMonthObjects } from '@penstock/shared/reading/object-queries.ts'
import type { RawBuilder } from 'kysely'
import { nameMatching } from './months/archive-series.ts'
import { type Points, takePoints } from './months/points.ts'
import { matches, type Place, type SeriesFilter } from './queries.ts'
import { addObjects, objectsInReach, type PageAsk } from './range/under-page.ts'
import { type StoredSeries, storedSeries } from './stored-queries.ts'

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
 * Makes the statement that finds the series of a filter; `readStoredSeries` reads its rows. It is planned each time, because a rare name needs
 * another plan than a common one. Undefined for all series of a tenant, which need not be found.
 */
export const seriesStatement = (filter: SeriesFilter): PipelineStatement | undefined =>
  isWholeTenant(filter) ? undefined : plannedStatement(storedSeries(matches(filter), MOST_SERIES))

/** Reads the rows of `seriesStatement`. */
export function readStoredSeries(rows: PipelineRows): readonly StoredSeries[] {
  const [ids, blocks] = (rows[0] ?? []).map((list) => JSON.parse(list ?? '[]') as readonly number[])
  return (ids ?? []).map((id, i) => ({ id, block: blocks?.[i] ?? 0 }))
}

/**
 * Returns the points of a page in page order, from one snapshot of the log, chunks and objects. It may be newer than the list of the series: one
 * that is created in between has no point on the page. No transaction is open during requests to storage.
 * @param series null for all of the tenant.
 * @throws {Problem} 422 when too much of the archive would have to be read, 503 when it does not answer.
 */
export async function findStoredPoints(
  deps: AcrossDeps,
  paging: Paging,
  series: readonly StoredSeries[] | null,
): Promise<StoredPage> {
  const { filter, from, after, skip, limit } = paging
  const ask = { from, after, count: skip + limit }
  return await readAcrossObjects(deps, async (archive, current) => {
    const { points, objects } = await readSnapshot(deps.db, filter.tenantId, ask, series)
    if (objects.length === 0) return { points: takePoints(points, skip, limit), source: 'points' }
    const wanted = await deps.db.read(filter.tenantId, (tx) => nameMatching(tx, filter, deps.limits.archiveSeries))
    const page = await addObjects(archive, current(objects), wanted, ask, points)
    return { points: takePoints(page, skip, limit), source: 'points, archive' }
  })
}

interface PageSnapshot {
  readonly points: Points
  /** The objects that can have points of the page, newest first. */
  readonly objects: readonly MonthUnder[]
}

async function readSnapshot(
  db: PenstockDatabase,
  tenantId: number,
  ask: PageAsk,
  series: readonly StoredSeries[] | null,
): Promise<PageSnapshot> {
  if (ask.from > ask.after.ts || series?.length === 0) return { points: none, objects: [] }
  const statement = preparedStatement(monthObjects({ tenantId, from: ask.from, to: ask.after.ts }))
  const read = async (query: RawBuilder<unknown>) => {
    const { copied, rows } = await db.readInOneTrip(tenantId, copyText(query), [statement])
    return { rows: readBinaryRows(copied), extra: readMonthObjects(rows[0]?.[0]?.[0]) }
  }
  const { points, extra } = await readNewestWith(read, { tenantId, series, ...ask })
  return { points, objects: objectsInReach(extra, ask, points) }
}

const none: Points = { series: new Int32Array(0), at: new Float64Array(0), value: new Float64Array(0) }

const isWholeTenant = ({ serviceName, metricType, unit, labels }: SeriesFilter): boolean =>
  labels.length === 0 && serviceName === undefined && metricType === undefined && unit === undefined
