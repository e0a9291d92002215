// Splits wide rows whose blocks are not due yet: their points go back into the log as rows of one block each.
import { type BlockColumns, makeColumns, sortColumns } from '../points/columns.ts'
import { comparePlaces, type RowPlace, type TakenRows } from './taken.ts'

/** Rows that go back into the log, each with the place in the order that its points had, or an equivalent one. */
export interface ReturnedRows {
  readonly block: number
  readonly place: RowPlace
  /** Sorted by (series, at), each pair once. */
  readonly points: BlockColumns
}

/**
 * Splits the points of wide rows into rows of the requested blocks. Pieces of one block are joined when no other row of that block lies
 * between them in the order of the log, so that the position of the last piece is valid for all of them. A minute of single posts thus
 * becomes one row per block.
 */
export function splitWideRows(
  wide: TakenRows,
  blockOf: ReadonlyMap<number, number>,
  blocks: ReadonlySet<number>,
  left: ReadonlyMap<number, readonly RowPlace[]>,
): readonly ReturnedRows[] {
  const open = new Map<number, OpenPiece>()
  const done: ReturnedRows[] = []
  for (const row of wide.rows) {
    for (let i = row.from; i < row.to; i++) {
      const block = blockOf.get(wide.points.series[i] as number)
      if (block === undefined || !blocks.has(block)) continue
      let piece = open.get(block)
      if (piece && isBetween(left.get(block) ?? [], piece.place, row)) {
        done.push(close(wide.points, block, piece))
        piece = undefined
      }
      if (piece) piece.place = row
      else open.set(block, (piece = { place: row, places: [] }))
      piece.places.push(i)
    }
  }
  return [...done, ...[...open].map(([block, piece]) => close(wide.points, block, piece))]
}

interface OpenPiece {
  place: RowPlace
  readonly places: number[]
}

/**
 * Returns true when a row of the block lies between two places. Searches from the start, because ascending lists are short and the search
 * usually ends early.
 */
function isBetween(left: readonly RowPlace[], below: RowPlace, above: RowPlace): boolean {
  for (let i = left.length - 1; i >= 0; i--) {
    const place = left[i] as RowPlace
    if (comparePlaces(place, below) <= 0) return false
    if (comparePlaces(place, above) < 0) return true
  }
  return false
}

function close(points: BlockColumns, block: number, { place, places }: OpenPiece): ReturnedRows {
  const piece = makeColumns(places.length)
  for (const [to, from] of places.entries()) {
    piece.series[to] = points.series[from] as number
    piece.at[to] = points.at[from] as number
    piece.value[to] = points.value[from] as number
  }
  piece.block.fill(block)
  return { block, place: { era: place.era, xid: place.xid }, points: sortColumns(piece) }
}
