// The rules of pages: points, newest first, and the list of series.
import type { PenstockDatabase } from '@penstock/shared/database.ts'
import type { TenantPrincipal } from '@penstock/shared/principal.ts'
import type { Clock } from '@penstock/shared/time.ts'
import type { RangeQuery, SeriesQuery } from './contract.ts'
import { type CursorScope, issueCursor, openCursor } from './cursor.ts'
import { writeSeries } from './json.ts'
import type { QueryLimits } from './limits.ts'
import { ABOVE_ALL_SERIES, findNewestPoints } from './newest-points.ts'
import { type Page, writePage } from './page.ts'
import { writePoints } from './point-page.ts'
import type { SeriesMemory } from './point-template.ts'
import { describeSeries, listSeries, type Place, type SeriesFilter } from './queries.ts'
import { readSteadily } from './steady-months.ts'

export interface QueryDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  readonly cursorKey: Buffer
  readonly limits: QueryLimits
  readonly seriesMemory: SeriesMemory
}

/**
 * A page of points with both ends of the range inside, newest first. Following the cursors meets every point that was there at the
 * beginning once, whatever is written meanwhile. A page that holds `limit` points, or as many as fit, has a cursor; the page after
 * it may be empty.
 * @throws {Problem} 422 for a cursor that is not of this query and tenant.
 */
export async function range(deps: QueryDeps, { tenant }: TenantPrincipal, query: RangeQuery): Promise<Page> {
  const filter = toFilter(tenant.id, query)
  const scope = [...scopeOf('range', filter), query.start_time, query.end_time]
  const paging = {
    filter,
    from: query.start_time,
    after:
      query.cursor === undefined ? afterEverything(query) : toPlace(openCursor(deps.cursorKey, scope, query.cursor)),
    skip: query.offset,
    limit: query.limit,
    now: deps.now() * 1000,
    limits: deps.limits,
  }
  const { points, known, described } = await deps.db.inTenant(
    tenant.id,
    async (tx) => {
      const span = { from: query.start_time, to: query.end_time }
      const points = await readSteadily(tx, span, async () => await findNewestPoints(tx, paging))
      const { known, unknown } = deps.seriesMemory.recall(tenant.id, points.series)
      return { points, known, described: unknown.length === 0 ? [] : await describeSeries(tx, tenant.id, unknown) }
    },
    { readOnly: true },
  )
  for (const series of described) known.set(series.id, deps.seriesMemory.learn(tenant.id, series))
  const { bytes, end } = writePoints(points, known, { rows: query.limit, bytes: deps.limits.answerBytes })
  if (end === undefined) return { bytes, cursor: undefined }
  const place = [points.at[end] ?? 0, points.series[end] ?? 0]
  return { bytes, cursor: issueCursor(deps.cursorKey, scope, place) }
}

/**
 * A page of the series that match, by id, with the ends of what is stored of each.
 * @throws {Problem} 422 for a cursor that is not of this query and tenant.
 */
export async function series(deps: QueryDeps, { tenant }: TenantPrincipal, query: SeriesQuery): Promise<Page> {
  const filter = toFilter(tenant.id, query)
  const scope = scopeOf('series', filter)
  const [afterId = 0] = query.cursor === undefined ? [] : openCursor(deps.cursorKey, scope, query.cursor)
  const rows = await deps.db.inTenant(
    tenant.id,
    async (tx) => await readSteadily(tx, ALL_TIME, async () => await listSeries(tx, filter, afterId, query.limit)),
    { readOnly: true },
  )
  const { text, end } = writePage(rows, { rows: query.limit, bytes: deps.limits.answerBytes }, writeSeries)
  return { bytes: Buffer.from(text), cursor: end && issueCursor(deps.cursorKey, scope, [end.id]) }
}

export function toFilter(
  tenantId: number,
  query: Pick<RangeQuery, 'service_name' | 'metric_type' | 'unit' | 'labels'>,
): SeriesFilter {
  return {
    tenantId,
    serviceName: query.service_name,
    metricType: query.metric_type,
    unit: query.unit,
    labels: query.labels,
  }
}

const ALL_TIME = { from: -Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }

const scopeOf = (kind: 'range' | 'series', filter: SeriesFilter): CursorScope => [
  kind,
  filter.tenantId,
  filter.serviceName ?? null,
  filter.metricType ?? null,
  filter.unit ?? null,
  filter.labels,
]

const afterEverything = ({ end_time }: RangeQuery): Place => ({ ts: end_time, seriesId: ABOVE_ALL_SERIES })

/** The numbers were signed by us: they are two. */
const toPlace = ([ts = 0, seriesId = 0]: readonly number[]): Place => ({ ts, seriesId })
