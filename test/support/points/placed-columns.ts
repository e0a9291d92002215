// Points one by one, as the columns that a write takes.
import { makePlacedColumns, type PlacedColumns } from '@penstock/shared/points/columns.ts'

export interface PlacedPoint {
  readonly index: number
  readonly series: number
  readonly block?: number
  /** Null: the entry has no instant. */
  readonly at: number | null
  readonly value: number
}

export function placedColumns(points: readonly PlacedPoint[]): PlacedColumns {
  const columns = makePlacedColumns(points.length)
  for (const [i, { index, series, block = 0, at, value }] of points.entries()) {
    columns.entry[i] = index
    columns.series[i] = series
    columns.block[i] = block
    columns.at[i] = at ?? Number.NaN
    columns.value[i] = value
  }
  return columns
}

export function placedPoints({ length, entry, series, at, value }: PlacedColumns) {
  return Array.from({ length }, (_, i) => ({
    index: entry[i] ?? -1,
    series: series[i] ?? -1,
    at: at[i] ?? -1,
    value: value[i] ?? Number.NaN,
  }))
}
