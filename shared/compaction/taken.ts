// Rows that were taken out of the log, as columns in the order of their transactions.
import type { BinaryRows } from '../points/binary-rows.ts'
import { type BlockColumns, makeColumns } from '../points/columns.ts'

/** A place in the order of transactions: of two rows with the same point, the one with the greater place wins. */
export interface RowPlace {
  readonly era: number
  readonly xid: number
}

export const comparePlaces = (a: RowPlace, b: RowPlace): number => a.era - b.era || a.xid - b.xid

interface TakenRow extends RowPlace {
  readonly block: number
  readonly from: number
  readonly to: number
}

/** Points of rows, and the rows in their order: of two rows, the later one wins. */
export interface TakenRows {
  /** In the order of arrival. The block of a wide row's points is not known yet: it is -1. */
  readonly points: BlockColumns
  /** In the order of their places. */
  readonly rows: readonly TakenRow[]
}

const FIRST_ROOM = 8_192

/** Reads block, era, xid, series, ts, value. */
export function readTaken(copied: BinaryRows): TakenRows {
  const rows: TakenRow[] = []
  let points = makeColumns(FIRST_ROOM)
  let length = 0
  while (copied.next()) {
    const [block, era, xid] = [copied.int4(), copied.int2(), copied.int8()]
    const count = copied.count()
    if (length + count > points.length) points = grow(points, length, (length + count) * 2)
    copied.int4s(points.series, length)
    copied.instants(points.at, length)
    copied.float8s(points.value, length)
    points.block.fill(block, length, length + count)
    rows.push({ block, era, xid, from: length, to: length + count })
    length += count
  }
  return { points: { ...points, length }, rows: rows.sort(comparePlaces) }
}

function grow(points: BlockColumns, length: number, room: number): BlockColumns {
  const larger = makeColumns(room)
  larger.series.set(points.series.subarray(0, length))
  larger.block.set(points.block.subarray(0, length))
  larger.at.set(points.at.subarray(0, length))
  larger.value.set(points.value.subarray(0, length))
  return larger
}

/**
 * Returns the points of these rows for which `keeps` returns true, row by row in the order of their places: of equal points, the last one
 * wins.
 */
export function pointsInOrder(
  taken: readonly TakenRows[],
  keeps: (series: number, at: number) => boolean,
): BlockColumns {
  const all = taken.flatMap(({ points, rows }) => rows.map((row) => ({ points, row })))
  if (taken.length > 1) all.sort((a, b) => comparePlaces(a.row, b.row))
  const kept = makeColumns(taken.reduce((sum, { points }) => sum + points.length, 0))
  let length = 0
  for (const { points, row } of all) {
    for (let i = row.from; i < row.to; i++) {
      if (!keeps(points.series[i] as number, points.at[i] as number)) continue
      kept.series[length] = points.series[i] as number
      kept.at[length] = points.at[i] as number
      kept.value[length++] = points.value[i] as number
    }
  }
  return { ...kept, length }
}

/** Returns the distinct series of these points, ascending. Rows are sorted by series, so each is looked up once per row. */
export function seriesOf({ points: { length, series } }: TakenRows): Int32Array {
  const ids = new Set<number>()
  for (let i = 0; i < length; i++) if (i === 0 || series[i] !== series[i - 1]) ids.add(series[i] as number)
  return Int32Array.from(ids).sort()
}
