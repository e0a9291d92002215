// Finds a page of points whose range includes archived months: spans from the newest back, each read from its location.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import type { ArchiveSpan } from '@penstock/shared/reading/archive-spans.ts'
import { bytesOfWanted, type WantedSeries } from '@penstock/shared/reading/named-series.ts'
import { joinPoints, type Points, takePoints } from '../months/points.ts'
import type { Place } from '../queries.ts'
import { bytesOfPage, findNewestArchived } from './archive-page.ts'
import { ABOVE_ALL_SERIES, findNewestPoints, type Paging } from './newest-points.ts'

export interface NewestDeps {
  readonly db: PenstockDatabase
  readonly archive: ArchiveRead
  /** Returns the series of the filter; called once, when the archive is reached. */
  readonly nameSeries: () => Promise<WantedSeries>
}

export interface FoundAcross {
  readonly points: Points
  /** The places that the points were read from. */
  readonly sources: ReadonlySet<'points' | 'archive'>
}

/**
 * Returns the points of a page in page order, like `findNewestPoints`, but with archived points.
 * @param spans oldest first; none is newer than the position after which the page begins.
 */
export async function findNewestAcross(
  deps: NewestDeps,
  paging: Paging,
  spans: readonly ArchiveSpan[],
): Promise<FoundAcross> {
  // Skipped points are read too, because only reading a span shows how many points it has.
  const most = paging.skip + paging.limit
  const found: Points[] = []
  const sources = new Set<'points' | 'archive'>()
  let missing = most
  let series: WantedSeries | undefined
  for (const span of spans.toReversed()) {
    if (missing === 0) break
    const after = placeIn(span, paging.after)
    if (span.object) series ??= await holdSeries(deps, most)
    const points =
      span.object && series
        ? await findNewestArchived(deps.archive, span.object, { ...series, ...span }, { after, count: missing })
        : await newestInDatabase(deps.db, { ...paging, from: span.from, after, skip: 0, limit: missing })
    sources.add(span.object ? 'archive' : 'points')
    found.push(points)
    missing -= points.at.length
  }
  return { points: takePoints(joinPoints(found), paging.skip, paging.limit), sources }
}

async function holdSeries({ archive, nameSeries }: NewestDeps, points: number): Promise<WantedSeries> {
  const series = await nameSeries()
  await archive.hold(bytesOfPage(points) + bytesOfWanted(series))
  return series
}

const newestInDatabase = async (db: PenstockDatabase, paging: Paging): Promise<Points> =>
  await db.read(paging.filter.tenantId, (tx) => findNewestPoints(tx, paging))

/** Returns the position, or the end of a span that is before it. */
const placeIn = ({ to }: ArchiveSpan, after: Place): Place =>
  after.ts <= to ? after : { ts: to, seriesId: ABOVE_ALL_SERIES }
