// Finds a page of points wherever they are.

import type { Micros } from '@penstock/shared/base/time.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { archivedIn, cutArchive } from '@penstock/shared/reading/archive-spans.ts'
import { type AcrossDeps, readAcross, readSteadily } from '@penstock/shared/reading/steady-months.ts'
import { nameMatching } from '../months/archive-series.ts'
import type { Points } from '../months/points.ts'
import { findStoredPoints } from '../stored-points.ts'
import { findNewestAcross } from './archive-range.ts'
import { findNewestPoints, type Paging } from './newest-points.ts'

export interface FoundPoints {
  readonly points: Points
  /** The places that they were read from, for the header `Penstock-Source`. */
  readonly source: string
}

/**
 * Returns the points of a page in page order, like `findNewestPoints`, including archived ones.
 * @throws {Problem} 422 when too much of the archive would have to be read, 503 when it does not answer.
 */
export async function findPoints(deps: AcrossDeps, paging: Paging): Promise<FoundPoints> {
  if (await isLogStore(deps.db)) return await findStoredPoints(deps, paging)
  const { tenantId } = paging.filter
  const [from, to]: [Micros, Micros] = [paging.from, paging.after.ts]
  const range = { tenantId, from, to }
  const points = await deps.db.read(tenantId, (tx) =>
    readSteadily(tx, range, async (away) =>
      archivedIn(away, from, to).length > 0 ? undefined : await findNewestPoints(tx, paging),
    ),
  )
  if (points) return { points, source: 'points' }

  return await readAcross(deps, range, async (archive, away) => {
    const nameSeries = async () =>
      await deps.db.read(tenantId, (tx) => nameMatching(tx, paging.filter, deps.limits.archiveSeries))
    const spans = cutArchive(away, from, to)
    const { points, sources } = await findNewestAcross({ db: deps.db, archive, nameSeries }, paging, spans)
    return { points, source: [...sources].toSorted().toReversed().join(', ') }
  })
}
