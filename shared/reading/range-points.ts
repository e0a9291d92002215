// Reads all points of some series in a range, wherever they are: in the log and chunks, or in the objects under them.
import { sql, type Transaction } from 'kysely'
import type { RowGroup } from '../archive/metric-parquet-footer.ts'
import { joinParts, noPointsOfSeries, overlay } from '../archive/overlay.ts'
import type { Micros } from '../base/time.ts'
import { instant, numbers } from '../database/sql-values.ts'
import type { SeriesPoints } from '../points/merge-series.ts'
import { countLogged, readSeries } from '../points/read-series.ts'
import type { SeriesId } from '../points/series-queries.ts'
import type { Database } from '../schema/index.ts'
import { type AcrossDeps, readAcrossObjects } from './across-objects.ts'
import type { ArchivedObject, ArchiveRead } from './archive-reading.ts'
import { type ObjectSpan, spanOfObject } from './month-objects.ts'
import { bytesOfWanted, describeSeries, toWanted, type WantedSeries } from './named-series.ts'
import { selectMonthObjects } from './object-queries.ts'

type Tx = Transaction<Database>
type Points = Map<number, SeriesPoints>

/** Both ends are inclusive. */
export interface RangePoints {
  readonly tenantId: number
  readonly series: readonly SeriesId[]
  readonly from: Micros
  readonly to: Micros
}

export interface PointLimit {
  readonly points: number
  /** Makes the error for a range that has more points. */
  readonly refuse: () => Error
}

/**
 * Returns the points of a range by series; a series without points is missing. No transaction is open while storage answers.
 * @throws the limit's error for too many points. {Problem} 422 when too much of the archive would be read, 503 when it does not answer.
 */
export async function readRangePoints(
  deps: AcrossDeps,
  ask: RangePoints,
  limit: PointLimit,
): Promise<ReadonlyMap<number, SeriesPoints>> {
  if (ask.series.length === 0) return new Map()
  const { tenantId, from, to } = ask
  return await readAcrossObjects(deps, async (archive, current) => {
    const snapshot = await deps.db.read(
      tenantId,
      async (tx) => {
        const chunked = await countChunked(tx, ask)
        check(chunked, limit)
        const logged = await countLogged(tx, ask)
        check(chunked + logged.points, { ...limit, points: SHARED_ROWS * limit.points })
        const points = await readSeries(tx, ask)
        const objects = await selectMonthObjects(tx, { tenantId, from, to })
        return { points, objects, wanted: objects.length > 0 ? await namesOf(tx, ask) : undefined }
      },
      { oneSnapshot: true },
    )
    check(sizeOf(snapshot.points), limit)
    if (!snapshot.wanted) return snapshot.points
    const spans = current(snapshot.objects).map((object) => spanOfObject(object, ask))
    const read = sizeOf(snapshot.points)
    return over(await readArchived(archive, { spans, wanted: snapshot.wanted, read }, limit), snapshot.points)
  })
}

function check(points: number, limit: PointLimit): void {
  if (points > limit.points) throw limit.refuse()
}

/** Rows of the log hold points of other series too, so an estimate from them may be this many times too large. */
const SHARED_ROWS = 4

async function namesOf(tx: Tx, { tenantId, series }: RangePoints): Promise<WantedSeries> {
  const ids = series.map(({ id }) => id)
  return toWanted(await describeSeries(tx, tenantId, ids))
}

const sizeOf = (points: ReadonlyMap<number, SeriesPoints>): number =>
  [...points.values()].reduce((sum, { at }) => sum + at.length, 0)

function over(under: Points, points: ReadonlyMap<number, SeriesPoints>): Points {
  for (const [id, newer] of points) under.set(id, overlay(under.get(id) ?? noPointsOfSeries, newer))
  return under
}

/** Memory of a point while it is collected and when it is joined. */
const POINT_BYTES = 32

interface ArchivedPart {
  /** Oldest first. */
  readonly spans: readonly ObjectSpan[]
  readonly wanted: WantedSeries
  /** Points that were read before. */
  readonly read: number
}

async function readArchived(
  archive: ArchiveRead,
  { spans, wanted, read }: ArchivedPart,
  limit: PointLimit,
): Promise<Points> {
  const reads: {
    readonly object: ArchivedObject
    readonly from: Micros
    readonly to: Micros
    groups: readonly RowGroup[]
  }[] = []
  for (const { object, from, to } of spans)
    reads.push({ object, from, to, groups: await archive.find(object, { ...wanted, from, to }) })
  const rows = reads.reduce((sum, { groups }) => sum + groups.reduce((of, group) => of + group.rows, 0), 0)
  await archive.hold(bytesOfWanted(wanted) + Math.min(rows, limit.points) * POINT_BYTES)
  const pieces = new Map<number, SeriesPoints[]>()
  let taken = read
  for (const { object, from, to, groups } of reads) {
    for await (const runs of archive.read(object, groups, { ...wanted, from, to })) {
      for (const { seriesId, at, value } of runs) {
        check((taken += at.length), limit)
        pieces.set(seriesId, [...(pieces.get(seriesId) ?? []), { at, value }])
      }
    }
  }
  return new Map([...pieces].map(([id, parts]) => [id, joinParts(parts)]))
}

/** Returns about how many points the chunks have in a range, as if a chunk's points were evenly spread. It reads no point. */
async function countChunked(tx: Tx, { tenantId, series, from, to }: RangePoints): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select coalesce(sum(case when last_ts > first_ts then n * extract(epoch from least(last_ts, ${instant(to)}) - greatest(first_ts, ${instant(from)}))
      / extract(epoch from last_ts - first_ts) else n end), 0)::float8 as points
    from metric_chunk
    where tenant_id = ${tenantId}::int and series_id = any(${numbers(series.map(({ id }) => id))}::int[])
      and last_ts >= ${instant(from)} and first_ts <= ${instant(to)}`.execute(tx)
  return rows[0]?.points ?? 0
}
