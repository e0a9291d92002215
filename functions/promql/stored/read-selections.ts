// Reads what the selectors of an expression need, as columns: from the log and chunks with the objects under them.

import type { RowGroup } from '@penstock/shared/archive/metric-parquet-footer.ts'
import { joinParts, overlay } from '@penstock/shared/archive/overlay.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { SeriesPoints } from '@penstock/shared/points/merge-series.ts'
import { countLogged, readSeries } from '@penstock/shared/points/read-series.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import { readAcrossObjects } from '@penstock/shared/reading/across-objects.ts'
import type { Archive, ArchivedObject, ArchiveLimits, ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import { type ObjectSpan, spanOfObject } from '@penstock/shared/reading/month-objects.ts'
import { bytesOfWanted, describeSeries, toWanted, type WantedSeries } from '@penstock/shared/reading/named-series.ts'
import { type MonthUnder, selectMonthObjects } from '@penstock/shared/reading/object-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { compareLabels } from '../columns/labels.ts'
import type { QueryTime } from '../columns/query-time.ts'
import { tooManySamples } from '../columns/run.ts'
import type { StoredSeries } from '../columns/values.ts'
import type { Selection } from '../eval/selections.ts'
import type { VectorSelector } from '../syntax/ast.ts'
import { type FoundSeries, findMatching } from './matching-series.ts'
import type { QuotedNames } from './naming.ts'
import { countChunked } from './series-queries.ts'

type Tx = Transaction<Database>

export interface ReadLimits extends ArchiveLimits {
  /** Maximum series of one selector. */
  readonly series: number
  /** Maximum points that all selectors of an expression read. */
  readonly points: number
}

export interface ReadDeps {
  readonly db: PenstockDatabase
  readonly archive: Archive
  readonly limits: ReadLimits
}

export interface ReadQuestion {
  readonly tenantId: number
  readonly selections: readonly Selection[]
  readonly quoted: QuotedNames
  readonly time: QueryTime
}

export type SelectedSeries = ReadonlyMap<VectorSelector, readonly StoredSeries[]>

/**
 * Returns the series of each selector, in the order of their labels, with their points in its range. Selectors that ask the same read once.
 * @throws {QueryError} `execution` for too many series or points. {Problem} 503 when the database or the archive does not answer.
 */
export async function readSelections(deps: ReadDeps, question: ReadQuestion): Promise<SelectedSeries> {
  const parts = [...Map.groupBy(question.selections, textOf).values()]
  const found = new Map<VectorSelector, readonly StoredSeries[]>()
  let points = 0
  for (const same of parts) {
    const [first] = same
    const range = first && rangeOf(first)
    if (!range || range.from > range.to) continue
    const { tenantId, quoted, time } = question
    const ask = { tenantId, quoted, time, selector: first.selector, range, read: points }
    const series = await readStored(deps, ask)
    points += series.reduce((sum, { at }) => sum + at.length, 0)
    for (const { selector } of same) found.set(selector, series)
  }
  return found
}

const textOf = ({ selector: { matchers }, from, to }: Selection): string =>
  JSON.stringify([from, to, ...matchers.flatMap(({ name, operator, value }) => [name, operator, value])])

/** Returns an instant in µs that the database can have. An infinite or very distant instant becomes the first or last of them. */
export const microsOf = (ms: number): Micros =>
  Math.min(Math.max(Math.round(ms * 1_000), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)

const rangeOf = ({ from, to }: Selection): TimeRange => ({ from: microsOf(from), to: microsOf(to) })

interface OneSelection {
  readonly tenantId: number
  readonly selector: VectorSelector
  readonly quoted: QuotedNames
  readonly range: TimeRange
  /** Points that were read before. */
  readonly read: number
  readonly time: QueryTime
}

type Points = Map<number, SeriesPoints>

function countPoints(limits: ReadLimits, points: number): void {
  if (points > limits.points) throw tooManySamples(`${limits.points.toLocaleString('en-US')} stored points`)
}

/** Reads a selection from one snapshot of the log and chunks, and from the objects that it names. */
async function readStored(deps: ReadDeps, ask: OneSelection): Promise<readonly StoredSeries[]> {
  const { limits } = deps
  return await readAcrossObjects(deps, async (archive, current) => {
    const snapshot = await deps.db.read(ask.tenantId, (tx) => readSnapshot(tx, limits, ask), {
      ...ask.time.unit(),
      oneSnapshot: true,
    })
    const { series, points, objects, wanted } = snapshot
    if (!wanted) return toColumns(series, points)
    const under: Points = new Map()
    const spans = current(objects).map((object) => spanOfObject(object, ask.range))
    await addArchived({ archive, limits, read: ask.read, time: ask.time }, spans, wanted, under)
    for (const [id, newer] of points) under.set(id, overlay(under.get(id) ?? { at: empty, value: empty }, newer))
    return toColumns(series, under)
  })
}

const empty = new Float64Array(0)

interface Snapshot {
  readonly series: readonly FoundSeries[]
  readonly points: Points
  readonly objects: readonly MonthUnder[]
  /** The series to look for in the objects; undefined without objects. */
  readonly wanted: WantedSeries | undefined
}

async function readSnapshot(tx: Tx, limits: ReadLimits, ask: OneSelection): Promise<Snapshot> {
  const { tenantId, range, read, time } = ask
  const series = await findMatching(tx, ask, limits.series)
  if (series.length === 0) return { series, points: new Map(), objects: [], wanted: undefined }
  const logged = await countLogged(tx, { tenantId, series, ...range })
  // The rows of the log hold points of other series too.
  const most = await countChunked(tx, tenantId, series, range)
  countPoints(limits, read + most)
  countPoints({ ...limits, points: limits.points * 4 }, read + most + logged.points)
  time.check()
  const points = await readSeries(tx, { tenantId, series, ...range })
  time.check()
  countPoints(limits, read + sizeOf(points))
  const objects = await selectMonthObjects(tx, { tenantId, ...range })
  return { series, points, objects, wanted: objects.length > 0 ? await namesOf(tx, tenantId, series) : undefined }
}

const namesOf = async (tx: Tx, tenantId: number, series: readonly FoundSeries[]): Promise<WantedSeries> =>
  toWanted(
    await describeSeries(
      tx,
      tenantId,
      series.map(({ id }) => id),
    ),
  )

const sizeOf = (points: Points): number => [...points.values()].reduce((sum, { at }) => sum + at.length, 0)

interface ArchiveWork {
  readonly archive: ArchiveRead
  readonly limits: ReadLimits
  readonly read: number
  readonly time: QueryTime
}

/** Memory of a point while it is collected and when it is joined. */
const POINT_BYTES = 32

/** Adds the points of objects, which are oldest first. */
async function addArchived(
  { archive, limits, read, time }: ArchiveWork,
  spans: readonly ObjectSpan[],
  wanted: WantedSeries,
  points: Points,
): Promise<void> {
  const reads: { readonly object: ArchivedObject; readonly span: TimeRange; readonly groups: readonly RowGroup[] }[] =
    []
  for (const { object, from, to } of spans)
    reads.push({ object, span: { from, to }, groups: await archive.find(object, { ...wanted, from, to }) })
  const rows = reads.reduce((sum, { groups }) => sum + groups.reduce((of, group) => of + group.rows, 0), 0)
  await archive.hold(bytesOfWanted(wanted) + Math.min(rows, limits.points) * POINT_BYTES)
  const pieces = new Map<number, SeriesPoints[]>()
  let taken = read
  for (const { object, span, groups } of reads) {
    for await (const runs of archive.read(object, groups, { ...wanted, ...span })) {
      time.check()
      for (const { seriesId, at, value } of runs) {
        countPoints(limits, (taken += at.length))
        const own = pieces.get(seriesId)
        if (own) own.push({ at, value })
        else pieces.set(seriesId, [{ at, value }])
      }
    }
  }
  for (const [id, parts] of pieces) points.set(id, joinParts(parts))
}

/**
 * Makes columns in ms, in place: the points belong to this read alone. Series whose labels read the same become one: of points at the same time,
 * that of the newer series remains.
 */
function toColumns(series: readonly FoundSeries[], points: Points): readonly StoredSeries[] {
  const columns = new Map<string, { readonly labels: FoundSeries['labels']; points: SeriesPoints }>()
  for (const { id, labels } of series) {
    const own = points.get(id)
    if (!own) continue
    const known = columns.get(labels.key)
    if (known) known.points = overlay(known.points, own)
    else columns.set(labels.key, { labels, points: own })
  }
  return [...columns.values()]
    .map(({ labels, points: { at, value } }) => {
      for (let i = 0; i < at.length; i++) at[i] = (at[i] as number) / 1_000
      return { labels, at, value }
    })
    .toSorted((a, b) => compareLabels(a.labels, b.labels))
}
