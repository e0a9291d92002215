// The part of a sum that objects hold, under log and chunks: read before the sum's own snapshot, and used only where that snapshot names the same.

import type { RowGroup } from '@penstock/shared/archive/metric-parquet-footer.ts'
import type { Wanted } from '@penstock/shared/archive/metric-parquet-rows.ts'
import { joinParts, noPointsOfSeries, overlay, pointsBetween } from '@penstock/shared/archive/overlay.ts'
import { HOUR, hourOf, type Micros } from '@penstock/shared/base/time.ts'
import type { SeriesPoints } from '@penstock/shared/points/merge-series.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import type { ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import { bytesOfWanted, type WantedSeries } from '@penstock/shared/reading/named-series.ts'
import type { MonthUnder } from '@penstock/shared/reading/object-queries.ts'
import type { Cell } from '../cells.ts'

/**
 * A part of an object that is read: with `points`, all points of a span; with `hours`, the sums of its hours, and the points of the hours that the
 * log touches; with `touched`, only the latter, because the roll-ups of the other hours are in the database.
 */
export interface UnderPart extends TimeRange {
  readonly object: MonthUnder
  readonly kind: 'points' | 'hours' | 'touched'
}

/** The parts of objects that a sum needs. */
export interface UnderPlan {
  readonly objects: readonly MonthUnder[]
  /** Oldest first; they do not overlap. */
  readonly parts: readonly UnderPart[]
  /** Hours of these months that the log touches, by series. */
  readonly touched: ReadonlyMap<number, ReadonlySet<Micros>>
  /** The series to look for. */
  readonly series: WantedSeries
}

/** The data that was read for a plan. */
export interface ArchivedUnder {
  /** Returns true when it has everything that a plan needs, from the same objects. */
  covers(plan: UnderPlan): boolean
  /** Returns the points of the log and chunks, with those of objects under them, by series. */
  under(ids: Iterable<number>, span: TimeRange, points: ReadonlyMap<number, SeriesPoints>): Map<number, SeriesPoints>
  /** Calls for each summed hour that begins in a span, both ends included. */
  eachHour(span: TimeRange, call: (series: number, hour: Cell) => void): void
}

/** Memory of a point while it is collected and when it is joined. */
const POINT_BYTES = 32
const POINTS_AN_HOUR = 3_600

export const nothingUnder: ArchivedUnder = holdUnder(undefined, new Map(), new Map())

/** Reads what a plan needs. @throws {Problem} 422 when it is too much. {ArchiveMoved} when an object is gone. */
export async function readUnder(
  archive: ArchiveRead,
  plan: UnderPlan,
  current: (objects: readonly MonthUnder[]) => readonly MonthUnder[],
): Promise<ArchivedUnder> {
  const found: Found = { pieces: new Map(), hours: new Map() }
  const reads = await findGroups(archive, plan, current)
  const kept = reads.reduce((sum, { part, groups }) => sum + Math.min(rowsOf(groups), mostPoints(plan, part)), 0)
  await archive.hold(bytesOfWanted(plan.series) + kept * POINT_BYTES)
  for (const { part, object, wanted, groups } of reads) {
    for await (const runs of archive.read(object, groups, wanted)) {
      for (const { seriesId, at, value } of runs) addRun(found, plan, part, seriesId, { at, value })
    }
  }
  return holdUnder(plan, new Map([...found.pieces].map(([id, parts]) => [id, joinParts(parts)])), found.hours)
}

interface PartRead {
  readonly part: UnderPart
  readonly object: MonthUnder
  readonly wanted: Wanted
  readonly groups: readonly RowGroup[]
}

/** Footers that are asked for at a time. */
const FOOTERS_AT_ONCE = 8

async function findGroups(
  archive: ArchiveRead,
  { parts, series }: UnderPlan,
  current: (objects: readonly MonthUnder[]) => readonly MonthUnder[],
): Promise<readonly PartRead[]> {
  const reads: PartRead[] = []
  for (let from = 0; from < parts.length; from += FOOTERS_AT_ONCE) {
    const some = parts.slice(from, from + FOOTERS_AT_ONCE).map(async (part) => {
      const [object = part.object] = current([part.object])
      const wanted = { ...series, from: part.from, to: part.to }
      return { part, object, wanted, groups: await archive.find(object, wanted) }
    })
    reads.push(...(await Promise.all(some)))
  }
  return reads
}

const rowsOf = (groups: readonly RowGroup[]): number => groups.reduce((sum, { rows }) => sum + rows, 0)

function mostPoints({ touched }: UnderPlan, { kind }: UnderPart): number {
  if (kind === 'points') return Number.POSITIVE_INFINITY
  return [...touched.values()].reduce((sum, { size }) => sum + size, 0) * POINTS_AN_HOUR
}

interface Found {
  readonly pieces: Map<number, SeriesPoints[]>
  readonly hours: Map<Micros, Map<number, Cell>>
}

/** Runs of a series come in order of time. */
function addRun(found: Found, { touched }: UnderPlan, { kind }: UnderPart, id: number, points: SeriesPoints): void {
  if (kind === 'points') return keepPoints(found, id, points)
  const own = touched.get(id)
  const { at, value } = points
  for (let from = 0; from < at.length; ) {
    const hour = hourOf(at[from] as number)
    let to = from + 1
    while (to < at.length && (at[to] as number) < hour + HOUR) to++
    if (own?.has(hour)) keepPoints(found, id, { at: at.slice(from, to), value: value.slice(from, to) })
    else if (kind === 'hours') addToHour(found, id, hour, value.subarray(from, to))
    from = to
  }
}

function keepPoints({ pieces }: Found, id: number, points: SeriesPoints): void {
  const own = pieces.get(id)
  if (own) own.push(points)
  else pieces.set(id, [points])
}

function addToHour({ hours }: Found, id: number, bucket: Micros, values: Float64Array): void {
  let of = hours.get(bucket)
  if (!of) hours.set(bucket, (of = new Map()))
  let cell = of.get(id)
  if (!cell) of.set(id, (cell = { bucket, count: 0, sum: 0, min: Infinity, max: -Infinity }))
  for (const value of values) {
    cell.sum += value
    if (value < cell.min) cell.min = value
    if (value > cell.max) cell.max = value
  }
  cell.count += values.length
}

function holdUnder(
  read: UnderPlan | undefined,
  points: ReadonlyMap<number, SeriesPoints>,
  hours: ReadonlyMap<Micros, ReadonlyMap<number, Cell>>,
): ArchivedUnder {
  return {
    covers(plan) {
      if (plan.parts.length === 0) return true
      if (!read || textOf(read) !== textOf(plan)) return false
      return [...plan.touched].every(([id, own]) => [...own].every((hour) => read.touched.get(id)?.has(hour)))
    },
    under(ids, { from, to }, newer) {
      const joined = new Map(newer)
      for (const id of ids) {
        const older = pointsBetween(points.get(id) ?? noPointsOfSeries, from, to)
        if (older.at.length > 0) joined.set(id, overlay(older, newer.get(id) ?? noPointsOfSeries))
      }
      return joined
    },
    eachHour({ from, to }, call) {
      if (hours.size === 0) return
      for (let bucket = from; bucket <= to; bucket += HOUR)
        for (const [id, hour] of hours.get(bucket) ?? []) call(id, hour)
    },
  }
}

/** Two plans with one text read the same parts of the same objects. */
const textOf = ({ parts }: UnderPlan): string =>
  JSON.stringify(parts.map(({ object: { name, generation }, kind, from, to }) => [name, generation, kind, from, to]))
