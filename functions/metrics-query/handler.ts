// The rules of pages: points, newest first, and the list of series.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { PipelineRows } from '@penstock/shared/database/pipeline.ts'
import type { OwnedBuffer } from '@penstock/shared/http/body-buffer.ts'
import { describeSeries } from '@penstock/shared/reading/named-series.ts'
import type { CursorScope } from '@penstock/shared/resource/sealed-place.ts'
import type { RangeQuery, SeriesQuery } from './contract.ts'
import { issueCursor, openCursor } from './cursor.ts'
import { type QueryDeps, toFilter } from './deps.ts'
import { onlySeries, type Points } from './months/points.ts'
import { type Page, writePage } from './page.ts'
import { ABOVE_ALL_SERIES, matches, type Place, type SeriesFilter } from './queries.ts'
import { type WritePoints, writePoints } from './range/point-page.ts'
import type { PointTemplate } from './range/point-template.ts'
import { writeSeries } from './series/series-json.ts'
import { findStoredPoints, readStoredSeries, seriesStatement } from './stored-points.ts'
import { listStoredSeries, type StoredSeries } from './stored-queries.ts'

export interface PointsPage extends Page {
  readonly bytes: OwnedBuffer
  /** The source of the answer, for the header `Penstock-Source`. */
  readonly source: string
}

/**
 * Returns a page of points in a range (both ends inclusive), newest first, in the form that `write` gives it. Following the cursors returns
 * every point that existed at the beginning exactly once, whatever is written in the meantime. A page that is full has a cursor; the page
 * after it may be empty.
 * @param found the rows of the query's `seriesStatement`, when it was run.
 * @throws {Problem} 422 for a cursor of another query or tenant, and when the page would need too much of the archive; 503 when the archive
 * does not answer.
 */
export async function range(
  deps: QueryDeps,
  { tenant }: TenantPrincipal,
  query: RangeQuery,
  write: WritePoints = writePoints,
  found?: PipelineRows,
): Promise<PointsPage> {
  const filter = toFilter(tenant.id, query)
  const scope = [...scopeOf('range', filter), query.start_time, query.end_time]
  const paging = {
    filter,
    from: query.start_time,
    after:
      query.cursor === undefined ? afterEverything(query) : toPlace(openCursor(deps.cursorKey, scope, query.cursor)),
    skip: query.offset,
    limit: query.limit,
  }
  const { points, source } = await findStoredPoints(deps, paging, await seriesOf(deps, filter, found))
  const templates = await describePoints(deps, tenant.id, points)
  const named = withNames(points, templates)
  const nameless = points.at.length - named.at.length
  const { bytes, end } = write(named, templates, { rows: query.limit - nameless, bytes: deps.limits.answerBytes })
  if (end === undefined) return { bytes, cursor: undefined, source }
  const [from, last] = end === named.at.length - 1 ? [points, points.at.length - 1] : [named, end]
  const place = [from.at[last] ?? 0, from.series[last] ?? 0]
  return { bytes, cursor: issueCursor(deps.cursorKey, scope, place), source }
}

/** Returns the series of a page; null for all of the tenant. */
async function seriesOf(
  { db }: QueryDeps,
  filter: SeriesFilter,
  found: PipelineRows | undefined,
): Promise<readonly StoredSeries[] | null> {
  if (found) return readStoredSeries(found)
  const statement = seriesStatement(filter)
  if (!statement) return null
  const [rows] = await db.pipelineInTenant(filter.tenantId, [statement])
  return readStoredSeries(rows ?? [])
}

/** Leaves out points of series without a name: an erasure has deleted it, and will delete them. */
function withNames(points: Points, names: ReadonlyMap<number, unknown>): Points {
  const only = onlySeries(points.series)
  if (only === undefined ? points.series.every((id) => names.has(id)) : names.has(only)) return points
  const kept = Uint32Array.from(points.series.keys()).filter((i) => names.has(points.series[i] ?? 0))
  return {
    series: Int32Array.from(kept, (i) => points.series[i] ?? 0),
    at: Float64Array.from(kept, (i) => points.at[i] ?? 0),
    value: Float64Array.from(kept, (i) => points.value[i] ?? 0),
  }
}

/** Returns the names of the points' series, from the cache or the database. */
async function describePoints(
  { db, seriesMemory }: QueryDeps,
  tenantId: number,
  { series }: Points,
): Promise<ReadonlyMap<number, PointTemplate>> {
  const { known, unknown } = seriesMemory.recall(tenantId, series)
  if (unknown.length === 0) return known
  const rows = await db.read(tenantId, (tx) => describeSeries(tx, tenantId, unknown))
  return new Map([...known, ...seriesMemory.learn(tenantId, rows)])
}

/**
 * Returns a page of the matching series by id, with the first and last instant that is stored or archived for each.
 * @throws {Problem} 422 for a cursor of another query or tenant.
 */
export async function series(deps: QueryDeps, { tenant }: TenantPrincipal, query: SeriesQuery): Promise<Page> {
  const filter = toFilter(tenant.id, query)
  const scope = scopeOf('series', filter)
  const [afterId = 0] = query.cursor === undefined ? [] : openCursor(deps.cursorKey, scope, query.cursor)
  const asked = { tenantId: tenant.id, matching: matches(filter) }
  const rows = await deps.db.read(tenant.id, (tx) => listStoredSeries(tx, asked, afterId, query.limit))
  const { text, end } = writePage(rows, { rows: query.limit, bytes: deps.limits.answerBytes }, writeSeries)
  return { bytes: Buffer.from(text), cursor: end && issueCursor(deps.cursorKey, scope, [end.id]) }
}

const scopeOf = (kind: 'range' | 'series', filter: SeriesFilter): CursorScope => [
  kind,
  filter.tenantId,
  filter.serviceName ?? null,
  filter.metricType ?? null,
  filter.unit ?? null,
  filter.labels,
]

const afterEverything = ({ end_time }: RangeQuery): Place => ({ ts: end_time, seriesId: ABOVE_ALL_SERIES })

/** Turns the numbers of a cursor, which this function signed and which are always two, into a position. */
const toPlace = ([ts = 0, seriesId = 0]: readonly number[]): Place => ({ ts, seriesId })
