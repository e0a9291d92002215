// Merges new points of a series into its chunks: decides which chunks are written again, and with which points.
import { HOUR, hourOf, type Micros } from '../base/time.ts'
import { addChunk, type ChunkRows, type ChunkSizes, noChunkRows } from './chunk.ts'

/** Points of one series, sorted and distinct. */
export interface SeriesPoints {
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Adjacent chunks of one series: chunk i holds the points from `ends[i - 1]` to `ends[i]`. */
export interface SeriesChunks extends SeriesPoints {
  readonly ends: readonly number[]
}

/** The changes of a merge, collected over many series. */
export interface MergedRows {
  /** The replaced chunks, by their keys. */
  readonly removed: { readonly series: number[]; readonly last: Micros[] }
  readonly chunks: ChunkRows
  readonly hours: HourRows
}

/** Roll-ups as columns. */
export interface HourRows {
  readonly series: number[]
  readonly bucket: Micros[]
  readonly count: number[]
  readonly sum: number[]
  readonly min: number[]
  readonly max: number[]
}

/**
 * Merges new points of a series with its chunks: a point inside a chunk's span goes into that chunk, points after a small chunk fill it,
 * and the others become new chunks of equal size. An unchanged chunk is not written. Each hour of a new point is rolled up from all its
 * points in the order of time.
 *
 * The caller passes all chunks of the series' month that overlap the hours of the new points; the one before them is allowed.
 * @returns how many of the new points the chunks did not have.
 */
export function mergeSeries(
  rows: MergedRows,
  sizes: ChunkSizes,
  { series, chunks, fresh }: { readonly series: number; readonly chunks: SeriesChunks; readonly fresh: SeriesPoints },
): number {
  const merged = mergePoints(chunks, fresh, sizes)
  for (const group of merged.groups) {
    if (!group.changed) continue
    for (const chunk of group.chunks) {
      rows.removed.series.push(series)
      rows.removed.last.push(chunks.at[(chunks.ends[chunk] as number) - 1] as number)
    }
    const points = group.to - group.from
    const pieces = Math.ceil(points / sizes.most)
    for (let i = 0; i < pieces; i++) {
      const from = group.from + Math.floor((points * i) / pieces)
      addChunk(rows.chunks, series, merged, from, group.from + Math.floor((points * (i + 1)) / pieces))
    }
  }
  rollUp(rows.hours, series, merged, fresh)
  return merged.at.length - chunks.at.length
}

/** Points from `from` to `to` that become chunks together. */
interface Group {
  readonly from: number
  to: number
  /** The replaced chunks: one, or none. */
  readonly chunks: readonly number[]
  changed: boolean
}

interface Merged extends SeriesPoints {
  readonly groups: readonly Group[]
}

/** Merges both lists in the order of time: of equal times, the new point remains. */
function mergePoints(chunks: SeriesChunks, fresh: SeriesPoints, sizes: ChunkSizes): Merged {
  const room = chunks.at.length + fresh.at.length
  const out: Output = { at: new Float64Array(room), value: new Float64Array(room), length: 0 }
  const groups: Group[] = []
  const isSmall = (chunk: number): boolean => sizeOf(chunks, chunk) < sizes.filledBelow
  let next = 0
  for (let chunk = 0, from = 0; chunk < chunks.ends.length; chunk++) {
    const to = chunks.ends[chunk] as number
    const before = takeBefore(out, fresh, next, chunks.at[from] as number)
    if (before > next) addToGap(groups, isSmall, out, before - next)
    next = before
    const group: Group = { from: out.length, to: out.length, chunks: [chunk], changed: false }
    next = takeChunk(out, group, { chunks, from, to }, fresh, next)
    group.to = out.length
    groups.push(group)
    from = to
  }
  const rest = takeBefore(out, fresh, next, Number.POSITIVE_INFINITY)
  if (rest > next) addToGap(groups, isSmall, out, rest - next)
  return { at: out.at.subarray(0, out.length), value: out.value.subarray(0, out.length), groups }
}

interface Output {
  readonly at: Float64Array
  readonly value: Float64Array
  length: number
}

/** Handles points between two chunks, which were just taken: they fill the chunk of the last group, or become a group of their own. */
function addToGap(groups: Group[], isSmall: (chunk: number) => boolean, out: Output, count: number): void {
  const last = groups.at(-1)
  const chunk = last?.chunks[0]
  if (last && chunk !== undefined && isSmall(chunk)) {
    last.to = out.length
    last.changed = true
  } else groups.push({ from: out.length - count, to: out.length, chunks: [], changed: true })
}

const sizeOf = ({ ends }: SeriesChunks, chunk: number): number => (ends[chunk] as number) - (ends[chunk - 1] ?? 0)

/** Takes new points that are earlier than `end`. Returns the index of the first one that is not. */
function takeBefore(out: Output, fresh: SeriesPoints, from: number, end: Micros): number {
  let next = from
  for (; next < fresh.at.length && (fresh.at[next] as number) < end; next++) take(out, fresh, next)
  return next
}

/** Takes the points of a chunk together with the new ones inside its span. */
function takeChunk(
  out: Output,
  group: Group,
  { chunks, from, to }: { readonly chunks: SeriesChunks; readonly from: number; readonly to: number },
  fresh: SeriesPoints,
  begin: number,
): number {
  let next = begin
  for (let i = from; i < to; i++) {
    const at = chunks.at[i] as number
    const inserted = takeBefore(out, fresh, next, at)
    if (inserted > next) group.changed = true
    next = inserted
    if (next < fresh.at.length && fresh.at[next] === at) {
      if (fresh.value[next] !== chunks.value[i]) group.changed = true
      take(out, fresh, next++)
    } else take(out, chunks, i)
  }
  return next
}

function take(out: Output, { at, value }: SeriesPoints, i: number): void {
  out.at[out.length] = at[i] as number
  out.value[out.length++] = value[i] as number
}

/** Computes the roll-up of every hour with a new point, from all its points. An hour with one point needs none: see `ChunkRows.lone`. */
function rollUp(rows: HourRows, series: number, all: SeriesPoints, fresh: SeriesPoints): void {
  let place = 0
  for (let i = 0; i < fresh.at.length; ) {
    const bucket = hourOf(fresh.at[i] as number)
    const end = bucket + HOUR
    while ((all.at[place] as number) < bucket) place++
    let [count, sum] = [0, 0]
    let min = all.value[place] as number
    let max = min
    for (; place < all.at.length && (all.at[place] as number) < end; place++, count++) {
      const value = all.value[place] as number
      sum += value
      if (value < min) min = value
      if (value > max) max = value
    }
    if (count > 1) {
      rows.series.push(series)
      rows.bucket.push(bucket)
      rows.count.push(count)
      rows.sum.push(sum)
      rows.min.push(min)
      rows.max.push(max)
    }
    while (i < fresh.at.length && (fresh.at[i] as number) < end) i++
  }
}

export function noMergedRows(): MergedRows {
  return {
    removed: { series: [], last: [] },
    chunks: noChunkRows(),
    hours: { series: [], bucket: [], count: [], sum: [], min: [], max: [] },
  }
}
