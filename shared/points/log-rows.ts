// Divides the points of one write into rows of the log.
import { DAY } from '../base/time.ts'
import { type BlockColumns, orderByKey, pick, type Sorted } from './columns.ts'

/** The block of a row that holds points of any series. */
export const WIDE = -1
/** Maximum points of a row. */
export const ROW_POINTS = 4_096
/** A day with fewer points than this per block goes into wide rows. */
const POINTS_A_BLOCK = 4

/** Rows of the log: row i holds the points from `from[i]` to `to[i]` (exclusive). */
export interface LogRows {
  /** In the order of the rows. */
  readonly points: BlockColumns
  readonly length: number
  readonly block: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  /** Microseconds since 1970 of the earliest and the latest point. */
  readonly first: Float64Array
  readonly last: Float64Array
}

/**
 * Divides points into rows, each of one UTC day and one block; a day with few points per block goes into wide rows. The points of a row
 * are sorted by (series, at).
 */
export function cutLogRows(sorted: Sorted<BlockColumns>): LogRows {
  const points = groupByDay(sorted)
  const cuts: Cut[] = []
  let ordered: BlockColumns = points
  for (let from = 0; from < points.length; ) {
    const to = endOfDay(points, from)
    const blocks = countBlocks(points, from, to)
    if (to - from < blocks.count * POINTS_A_BLOCK) cutEvery(cuts, WIDE, from, to)
    else {
      if (!blocks.ascending) ordered = sortByBlock(ordered, from, to)
      cutByBlock(cuts, ordered, from, to)
    }
    from = to
  }
  return describe(ordered, cuts)
}

interface Cut {
  readonly block: number
  readonly from: number
  readonly to: number
}

/** Groups points by day, keeping the order within a day; usually there is only one day. */
function groupByDay(points: BlockColumns): BlockColumns {
  const days = new Int32Array(points.length)
  let isOne = true
  let ascending = true
  for (let i = 0; i < points.length; i++) {
    const day = dayOf(points, i)
    days[i] = day
    if (day !== days[0]) isOne = false
    if (i > 0 && day < (days[i - 1] as number)) ascending = false
  }
  return isOne || ascending ? points : pick(points, orderByKey(days, points.length))
}

const dayOf = ({ at }: BlockColumns, i: number): number => Math.floor((at[i] as number) / DAY)

function endOfDay(points: BlockColumns, from: number): number {
  const end = (dayOf(points, from) + 1) * DAY
  const begin = end - DAY
  let to = from + 1
  while (to < points.length && (points.at[to] as number) < end && (points.at[to] as number) >= begin) to++
  return to
}

/** Counts the blocks of these points, and checks whether the points are in the order of their blocks. */
function countBlocks({ block }: BlockColumns, from: number, to: number) {
  let count = 1
  for (let i = from + 1; i < to; i++) {
    const [before, current] = [block[i - 1] as number, block[i] as number]
    if (current < before) return { count: new Set(block.subarray(from, to)).size, ascending: false }
    if (current > before) count++
  }
  return { count, ascending: true }
}

function sortByBlock(points: BlockColumns, from: number, to: number): BlockColumns {
  const places = new Uint32Array(points.length)
  for (let i = 0; i < places.length; i++) places[i] = i
  const order = orderByKey(points.block.subarray(from, to), to - from)
  for (let i = from; i < to; i++) places[i] = from + (order[i - from] as number)
  return pick(points, places)
}

function cutByBlock(cuts: Cut[], { block }: BlockColumns, from: number, to: number): void {
  for (let begin = from; begin < to; ) {
    let end = begin + 1
    while (end < to && block[end] === block[begin]) end++
    cutEvery(cuts, block[begin] as number, begin, end)
    begin = end
  }
}

function cutEvery(cuts: Cut[], block: number, from: number, to: number): void {
  for (let begin = from; begin < to; begin += ROW_POINTS)
    cuts.push({ block, from: begin, to: Math.min(begin + ROW_POINTS, to) })
}

function describe(points: BlockColumns, cuts: readonly Cut[]): LogRows {
  const rows = {
    points,
    length: cuts.length,
    block: Int32Array.from(cuts, (cut) => cut.block),
    from: Int32Array.from(cuts, (cut) => cut.from),
    to: Int32Array.from(cuts, (cut) => cut.to),
    first: new Float64Array(cuts.length),
    last: new Float64Array(cuts.length),
  }
  for (const [i, { from, to }] of cuts.entries()) {
    let first = points.at[from] as number
    let last = first
    for (let point = from + 1; point < to; point++) {
      const at = points.at[point] as number
      if (at < first) first = at
      if (at > last) last = at
    }
    rows.first[i] = first
    rows.last[i] = last
  }
  return rows
}
