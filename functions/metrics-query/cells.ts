// Sums in the fixed order of every answer: for each series one hour at a time (or one bucket, when buckets are shorter), its points in
// the order of time; then these cells in the order of time, and within one time in the order of the series.

import { hourOf, type Micros, toPostgres } from '@penstock/shared/base/time.ts'
import type { SeriesPoints } from '@penstock/shared/points/merge-series.ts'
import { type BucketWidth, bucketOf, percentilesOf } from './aggregate/buckets.ts'
import type { SumRow } from './aggregate/sums.ts'
import type { SummedSeries } from './stored-queries.ts'

/** The aggregate of a series' points in a part of an hour. */
export interface Cell {
  /** First instant of the hour, or of the bucket when that is shorter. */
  readonly bucket: Micros
  count: number
  sum: number
  min: number
  max: number
}

export interface Cells {
  /** Adds points of a series, by its index; in an open cell they follow the points that were added before. */
  addPoints(place: number, points: SeriesPoints): void
  /** Adds an hour that was summed before. */
  addHour(place: number, hour: Cell): void
  /** Declares that all later points are later in time. The cells are added to their buckets here. */
  close(): void
  /** Returns true when a series had a point. */
  has(place: number): boolean
  /** Returns the sums by bucket, then by group. */
  sums(): readonly SumRow[]
}

interface Bucket {
  readonly start: Micros
  readonly group: number
  count: number
  total: number
  low: number
  high: number
  readonly values: Float64Array[]
}

export interface CellsAsk {
  readonly width: BucketWidth
  readonly fractions: readonly number[]
}

/** Opens cells. `series` are in the order in which they are added; groups are numbered by their indexes in `groups`. */
export function openCells(
  { width, fractions }: CellsAsk,
  series: readonly SummedSeries[],
  groups: readonly (string | null)[],
): Cells {
  const startOf = bucketOf[width]
  const buckets = openBuckets(startOf, series, groups)
  const seen = new Set<number>()
  let open = new Map<number, Map<Micros, Cell>>()

  const cellsOf = (place: number): Map<Micros, Cell> => {
    seen.add(place)
    let cells = open.get(place)
    if (!cells) open.set(place, (cells = new Map()))
    return cells
  }
  const cellStart = isShort(width) ? startOf : hourOf
  return {
    addPoints(place, { at, value }) {
      const cells = cellsOf(place)
      for (let from = 0; from < at.length; ) {
        const start = cellStart(at[from] as number)
        let to = from + 1
        while (to < at.length && cellStart(at[to] as number) === start) to++
        addValues(cells, start, value.subarray(from, to))
        if (fractions.length > 0) buckets.at(place, start).values.push(value.subarray(from, to))
        from = to
      }
    },
    addHour: (place, hour) => void cellsOf(place).set(hour.bucket, { ...hour }),
    close() {
      const all = [...open].flatMap(([place, cells]) => [...cells.values()].map((cell) => ({ place, cell })))
      all.sort((a, b) => a.cell.bucket - b.cell.bucket || a.place - b.place)
      for (const { place, cell } of all) addCell(buckets.at(place, cell.bucket), cell)
      open = new Map()
    },
    has: (place) => seen.has(place),
    sums: () =>
      buckets
        .all()
        .sort((a, b) => a.start - b.start || a.group - b.group)
        .map((bucket) => toRow(bucket, fractions)),
  }
}

/** Opens the buckets of each group, which are made on first use by the index of a series. */
function openBuckets(
  startOf: (at: Micros) => Micros,
  series: readonly SummedSeries[],
  groups: readonly (string | null)[],
) {
  const numbers = new Map(groups.map((group, number) => [group, number]))
  const groupOf = series.map(({ group }) => numbers.get(group) ?? 0)
  const buckets = new Map<number, Map<Micros, Bucket>>()
  return {
    at(place: number, at: Micros): Bucket {
      const group = groupOf[place] ?? 0
      let own = buckets.get(group)
      if (!own) buckets.set(group, (own = new Map()))
      const start = startOf(at)
      let bucket = own.get(start)
      if (!bucket)
        own.set(start, (bucket = { start, group, count: 0, total: 0, low: Infinity, high: -Infinity, values: [] }))
      return bucket
    },
    all: (): Bucket[] => [...buckets.values()].flatMap((own) => [...own.values()]),
  }
}

const isShort = (width: BucketWidth): boolean => width.includes('minute')

function addValues(cells: Map<Micros, Cell>, bucket: Micros, values: Float64Array): void {
  let cell = cells.get(bucket)
  if (!cell) cells.set(bucket, (cell = { bucket, count: 0, sum: 0, min: Infinity, max: -Infinity }))
  for (const value of values) {
    cell.sum += value
    if (value < cell.min) cell.min = value
    if (value > cell.max) cell.max = value
  }
  cell.count += values.length
}

function addCell(bucket: Bucket, { count, sum, min, max }: Cell): void {
  bucket.count += count
  bucket.total += sum
  if (min < bucket.low) bucket.low = min
  if (max > bucket.high) bucket.high = max
}

const toRow = ({ start, group, count, total, low, high, values }: Bucket, fractions: readonly number[]): SumRow => ({
  bucket: toPostgres(start),
  group_no: group,
  count,
  total,
  low,
  high,
  percentiles: fractions.length === 0 ? [] : percentilesOf(values, fractions),
})
