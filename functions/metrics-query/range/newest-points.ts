// Finds a page of points, newest first: merged from a few series, or by walking back in time through many.

import { MINUTE, type Micros, SECOND } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { QueryLimits } from '../limits.ts'
import { joinPoints, type Points, readPoints, readPointsOf } from '../months/points.ts'
import {
  findSeriesIds,
  newestOfOne,
  newestOfSeries,
  newestOfStretch,
  type Place,
  type SeriesFilter,
} from '../queries.ts'

export interface Paging {
  readonly filter: SeriesFilter
  /** Inclusive. */
  readonly from: Micros
  /** The page begins after this position. */
  readonly after: Place
  readonly skip: number
  readonly limit: number
  /** Points in the future are few: a walk reads all of them at once, then begins here. */
  readonly now: Micros
  readonly limits: Pick<QueryLimits, 'mergedRows' | 'listedSeries' | 'stretchPoints'>
}

/** Series ids end at 2^31 - 1, so all points of its instant come after this position. */
export const ABOVE_ALL_SERIES = 2 ** 31

const FIRST_WIDTH = MINUTE
/** A step of this width is read whatever it holds. */
const NARROWEST = SECOND
const NARROWER = 16
const WIDER = 4
const WIDEST = 64
/** A walk through years without points to a full month takes about 50 steps. */
const MAX_STRETCHES = 500

/**
 * Returns the points of a page in page order. No point that existed when the walk began is skipped or repeated, whatever is written in
 * the meantime.
 * @returns fewer than `limit` points only when there are no more.
 */
export async function findNewestPoints(tx: Transaction<Database>, paging: Paging): Promise<Points> {
  const { mergedRows, listedSeries } = paging.limits
  const ids = await findSeriesIds(tx, paging.filter, listedSeries + 1)
  const [id] = ids
  if (id === undefined) return joinPoints([])
  const isFew = ids.length === 1 || ids.length * (paging.skip + paging.limit) <= mergedRows
  if (!isFew) return await walkBack(tx, paging, ids.length <= listedSeries ? ids : paging.filter)

  const { from, after, skip, limit } = paging
  const stretch = { tenantId: paging.filter.tenantId, from, after, skip, limit }
  if (ids.length === 1) return readPointsOf(id, await newestOfOne(tx, id, stretch))
  return readPoints(await newestOfSeries(tx, ids, stretch))
}

/**
 * Reads ranges of time, each ending where the previous one began: wider ones while little is found, narrower ones where there is much.
 */
async function walkBack(
  tx: Transaction<Database>,
  paging: Paging,
  among: readonly number[] | SeriesFilter,
): Promise<Points> {
  const found: Points[] = []
  let { after, skip, limit } = paging
  let width = after.ts > paging.now ? after.ts - paging.now : FIRST_WIDTH
  for (let stretches = 0; stretches < MAX_STRETCHES; stretches++) {
    const from = Math.max(paging.from, after.ts - width)
    const most = width <= NARROWEST ? null : paging.limits.stretchPoints
    const { total, points } = await newestOfStretch(tx, among, most, {
      tenantId: paging.filter.tenantId,
      from,
      after,
      skip,
      limit,
    })
    if (most !== null && total > most) {
      width = Math.max(NARROWEST, Math.floor(width / NARROWER))
      continue
    }
    const page = readPoints(points)
    found.push(page)
    limit -= page.at.length
    if (limit === 0 || from === paging.from) return joinPoints(found)
    skip = Math.max(0, skip - total)
    // No point of this instant is left, because no id is below 0.
    after = { ts: from, seriesId: 0 }
    width = from === paging.now ? FIRST_WIDTH : width * widening(total, skip + limit)
  }
  throw new Error(`a page took more than ${MAX_STRETCHES} stretches`)
}

/** Returns the factor by which the next step must be wider than one with `total` points, to hold the `missing` ones and a few more. */
const widening = (total: number, missing: number): number =>
  total === 0 ? WIDER : Math.min(WIDEST, Math.max(1, Math.ceil((1.5 * missing) / total)))
