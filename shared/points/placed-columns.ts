// Points of series that have ids, as columns: what a write is asked to store.
import type { BlockColumns } from './columns.ts'

/** Points in the order of the request: of two points of one series and instant the later one wins. */
export interface PlacedColumns extends BlockColumns {
  /** Place of each point's entry in the request. */
  readonly entry: Int32Array
}

/** Columns with room for so many points. */
export function makePlacedColumns(room: number): PlacedColumns {
  return {
    length: room,
    entry: new Int32Array(room),
    series: new Int32Array(room),
    block: new Int32Array(room),
    at: new Float64Array(room),
    value: new Float64Array(room),
  }
}

/** Entries of the points that lie below an instant, each point of them. */
export function entriesBefore({ length, entry, at }: PlacedColumns, before: number): number[] {
  const found: number[] = []
  for (let i = 0; i < length; i++) if ((at[i] as number) < before) found.push(entry[i] as number)
  return found
}
