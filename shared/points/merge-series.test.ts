import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR } from '../base/time.ts'
import { type ChunkRows, chunkSizes, decodeTimes } from './chunk.ts'
import { type MergedRows, mergeSeries, noMergedRows, type SeriesChunks } from './merge-series.ts'

type Point = readonly [at: number, value: number]

const START = 1_790_000_000_000_000

const columns = (points: readonly Point[]) => ({
  at: Float64Array.from(points, ([at]) => at),
  value: Float64Array.from(points, ([, value]) => value),
})

/** Returns the decoded content of the rows, by their last times. */
function decode({ n, first, unit, gap, value, last, wide }: ChunkRows): Map<number, Point[]> {
  let from = 0
  return new Map(
    n.map((count, i) => {
      const gaps = [...gap.numbers.subarray(from, from + count)]
      const at = new Float64Array(count)
      decodeTimes(first[i] ?? 0, unit[i] ?? 0, gaps, at, 0)
      expect(gaps.every(Number.isSafeInteger)).toBe(true)
      expect(gaps.some((one) => one > 2 ** 31 - 1)).toBe(wide[i])
      const points = [...at].map((time, k): Point => [time, value.numbers[from + k] ?? Number.NaN])
      from += count
      return [last[i] ?? 0, points]
    }),
  )
}

function chunksOf(stored: ReadonlyMap<number, readonly Point[]>): SeriesChunks {
  const lists = [...stored.values()].sort((a, b) => (a[0]?.[0] ?? 0) - (b[0]?.[0] ?? 0))
  let end = 0
  return { ...columns(lists.flat()), ends: lists.map((list) => (end += list.length)) }
}

/** The chunks that a compaction would read for these new points. */
function overlapping(stored: ReadonlyMap<number, readonly Point[]>, fresh: readonly Point[]) {
  const lower = Math.floor((fresh[0]?.[0] ?? 0) / HOUR) * HOUR
  const upper = (Math.floor((fresh.at(-1)?.[0] ?? 0) / HOUR) + 1) * HOUR
  const read = new Map([...stored].filter(([last, points]) => last >= lower && (points[0]?.[0] ?? 0) < upper))
  const before = [...stored].filter(([last]) => last < lower).sort(([a], [b]) => b - a)[0]
  if (before && before[1].length < chunkSizes.filledBelow) read.set(...before)
  return read
}

const merge = (rows: MergedRows, chunks: SeriesChunks, fresh: readonly Point[]): number =>
  mergeSeries(rows, chunkSizes, { series: 7, chunks, fresh: columns(fresh) })

const steps = fc.constantFrom(1, 1_000, 1_000_000, 10_000_000, 3_600_000_000)
const batch = fc
  .tuple(fc.integer({ min: 0, max: 3_000 }), steps, fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 3 }))
  .map(([begin, step, count, value]): Point[] =>
    Array.from({ length: count }, (_, i) => [START + begin * 1_000_000 + i * step, value]),
  )

describe('mergeSeries', () => {
  it('holds what a Map would hold after any number of merges, in chunks that never overlap', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
        const model = new Map<number, number>()
        const stored = new Map<number, readonly Point[]>()
        const lone = new Map<number, boolean>()
        for (const fresh of batches) {
          const rows = noMergedRows()
          const before = model.size
          for (const [at, value] of fresh) model.set(at, value)
          const written = merge(rows, chunksOf(overlapping(stored, fresh)), fresh)
          expect(written).toBe(model.size - before)
          for (const last of rows.removed.last) expect(stored.delete(last)).toBe(true)
          for (const [last, points] of decode(rows.chunks)) {
            expect(stored.has(last)).toBe(false)
            expect(points.length).toBeLessThanOrEqual(chunkSizes.most)
            stored.set(last, points)
          }
          const all = [...stored.values()].sort((a, b) => (a[0]?.[0] ?? 0) - (b[0]?.[0] ?? 0)).flat()
          expect(all).toEqual([...model].sort(([a], [b]) => a - b))
          const { bucket, count, sum, min, max } = rows.hours
          const values = Map.groupBy(all, ([at]) => Math.floor(at / HOUR) * HOUR)
          const expected = bucket.map((hour) => {
            const of = (values.get(hour) ?? []).map(([, value]) => value)
            return [of.length, of.reduce((total, value) => total + value, 0), Math.min(...of), Math.max(...of)]
          })
          expect(bucket.map((_, i) => [count[i], sum[i], min[i], max[i]])).toEqual(expected)
          // An hour has a roll-up, or one point whose chunk says so.
          const hours = new Set(fresh.map(([at]) => Math.floor(at / HOUR) * HOUR))
          const isAlone = (hour: number) => values.get(hour)?.length === 1
          expect(new Set(rows.hours.bucket)).toEqual(new Set([...hours].filter((hour) => !isAlone(hour))))
          for (const [i, last] of rows.chunks.last.entries()) lone.set(last, rows.chunks.lone[i] === 1)
          for (const [last, points] of stored)
            if (points.some(([at]) => isAlone(Math.floor(at / HOUR) * HOUR)))
              expect([last, lone.get(last)]).toEqual([last, true])
        }
      }),
      { numRuns: 25 },
    )
  })

  it('says of a dense chunk that none of its points is alone in its hour, at its ends neither', () => {
    const points = Array.from({ length: 1_024 }, (_, i): Point => [START + i * 60_000_000, i])
    const rows = noMergedRows()
    merge(rows, chunksOf(new Map()), points)
    expect([rows.chunks.n, rows.chunks.lone]).toEqual([
      [512, 512],
      [0, 0],
    ])
    const apart = noMergedRows()
    merge(apart, chunksOf(new Map()), [
      [START, 1],
      [START + HOUR, 2],
    ])
    expect([apart.chunks.lone, apart.hours.bucket]).toEqual([[1], []])
  })

  it('writes nothing again when the same points come again', () => {
    const points = Array.from({ length: 900 }, (_, i): Point => [START + i * 1_000_000, i])
    const first = noMergedRows()
    merge(first, chunksOf(new Map()), points)
    expect(first.chunks.n).toEqual([450, 450])
    const again = noMergedRows()
    expect(merge(again, chunksOf(decode(first.chunks)), points)).toBe(0)
    expect([again.chunks.n, again.removed.last]).toEqual([[], []])
  })

  it('fills a chunk of 255 points, and begins a new one after 256', () => {
    const after = (count: number) => {
      const stored = Array.from({ length: count }, (_, i): Point => [START + i * 1_000_000, i])
      const rows = noMergedRows()
      merge(rows, { ...columns(stored), ends: [count] }, [[START + 3_000_000_000, 1]])
      return rows.chunks.n
    }
    expect([after(255), after(256)]).toEqual([[256], [1]])
  })
})
