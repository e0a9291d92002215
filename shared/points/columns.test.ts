import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY } from '../base/time.ts'
import { type BlockColumns, joinColumns, makeColumns, sortColumns } from './columns.ts'
import { cutLogRows, ROW_POINTS, WIDE } from './log-rows.ts'

type Point = readonly [series: number, at: number, value: number]

/** Ids are not in the order of their blocks, as where two instances made series at one time. */
const blockOf = (series: number): number => (series * 7) % 5

function columnsOf(points: readonly Point[]): BlockColumns {
  const columns = makeColumns(points.length)
  for (const [i, [series, at, value]] of points.entries()) {
    columns.series[i] = series
    columns.block[i] = blockOf(series)
    columns.at[i] = at
    columns.value[i] = value
  }
  return columns
}

const pointsOf = ({ length, series, at, value }: BlockColumns): Point[] =>
  Array.from({ length }, (_, i) => [series[i] ?? -1, at[i] ?? -1, value[i] ?? -1])

/** Series of few and of very different ids, times of a few days that often coincide. */
const someSeries = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(2_000_000_000, 77_777_777))
const someTime = fc.tuple(fc.integer({ min: 20_000, max: 20_002 }), fc.integer({ min: 0, max: 6 }))
const somePoints = fc.array(
  fc.tuple(someSeries, someTime, fc.double({ noNaN: true })).map(([s, [day, i], v]): Point => [s, day * DAY + i, v]),
  { maxLength: 200 },
)

function expected(points: readonly Point[]): Point[] {
  const last = new Map(points.map((point) => [`${point[0]} ${point[1]}`, point]))
  return [...last.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1])
}

describe('sortColumns', () => {
  it('sorts by series and time, and of equal points keeps the last one', () => {
    fc.assert(
      fc.property(somePoints, (points) => {
        const sorted = sortColumns(columnsOf(points))
        expect(pointsOf(sorted)).toEqual(expected(points))
        for (let i = 0; i < sorted.length; i++) expect(sorted.block[i]).toBe(blockOf(sorted.series[i] ?? 0))
      }),
    )
  })

  it('puts the runs of several requests in order, whether they overlap or not', () => {
    const someRuns = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 12 })),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(someRuns, (runs) => {
        const points = runs.flatMap(([id, begin, length], run) =>
          Array.from({ length }, (_, i): Point => [id, begin * 5 + i, run * 100 + i]),
        )
        expect(pointsOf(sortColumns(columnsOf(points)))).toEqual(expected(points))
      }),
    )
  })

  it('leaves columns alone that are longer than their points', () => {
    const columns = {
      ...columnsOf([
        [3, 1, 1],
        [2, 1, 1],
        [1, 1, 1],
      ]),
      length: 2,
    }
    expect(pointsOf(sortColumns(columns))).toEqual([
      [2, 1, 1],
      [3, 1, 1],
    ])
  })

  it('takes the order of joined columns for the order of their points', () => {
    const joined = joinColumns([
      columnsOf([[1, 5, 1]]),
      {
        ...columnsOf([
          [1, 5, 2],
          [9, 9, 9],
        ]),
        length: 1,
      },
    ])
    expect(pointsOf(sortColumns(joined))).toEqual([[1, 5, 2]])
  })
})

describe('cutLogRows', () => {
  it('puts each point into one row, of one day, and of one block or wide', () => {
    fc.assert(
      fc.property(somePoints, (points) => {
        const sorted = sortColumns(columnsOf(points))
        const rows = cutLogRows(sorted)
        const seen: Point[] = []
        for (let row = 0; row < rows.length; row++) {
          const all = pointsOf(rows.points).slice(rows.from[row], rows.to[row])
          expect(all).toEqual(expected(all))
          expect(new Set(all.map(([, at]) => Math.floor(at / DAY))).size).toBe(1)
          if (rows.block[row] !== WIDE) expect(all.every(([series]) => blockOf(series) === rows.block[row])).toBe(true)
          const times = all.map(([, at]) => at)
          expect([rows.first[row], rows.last[row]]).toEqual([Math.min(...times), Math.max(...times)])
          seen.push(...all)
        }
        expect(expected(seen)).toEqual(pointsOf(sorted))
        expect(seen.length).toBe(sorted.length)
      }),
    )
  })

  it('makes one wide row of fewer than four points for each block, and rows of blocks of more', () => {
    const blocks = (points: readonly Point[]) => [...cutLogRows(sortColumns(columnsOf(points))).block]
    const three = [1, 2, 3].flatMap((at): Point[] => [
      [1, at, 0],
      [2, at, 0],
    ])
    expect(blocks(three)).toEqual([WIDE])
    expect(blocks([...three, [1, 4, 0], [2, 4, 0]])).toEqual([2, 4])
  })

  it('cuts rows at 4,096 points', () => {
    const of = (count: number) =>
      cutLogRows(sortColumns(columnsOf(Array.from({ length: count }, (_, i): Point => [5, i, i]))))
    expect(of(ROW_POINTS).length).toBe(1)
    expect([...of(ROW_POINTS + 1).to]).toEqual([ROW_POINTS, ROW_POINTS + 1])
  })
})
