import { expect, test } from 'vitest'
import type { Slice } from './measure.ts'
import { figureRow, toRow } from './row.ts'

const slice = (count: number, latenciesMs: readonly number[] = [], errors = 0): Slice => ({
  count,
  seconds: 2,
  latenciesMs,
  errors,
})

test('a row holds what programs read, under the names that they know', () => {
  const row = toRow({
    name: 'ingest.batch-1000.c8',
    unit: 'points/s',
    slices: [slice(200_000, [1, 2]), slice(100_000, [3, 4]), slice(220_000, [5, 6])],
    limit: [slice(400_000), slice(200_000), slice(400_000)],
    peakRssMb: 153.2468,
    connections: 2,
  })

  expect(row).toEqual({
    name: 'ingest.batch-1000.c8',
    rate: 100_000,
    unit: 'points/s',
    p50_ms: 3,
    p95_ms: 6,
    p99_ms: 6,
    errors: 0,
    peak_rss_mb: 153.2,
    connections: 2,
    limit: 200_000,
    ratio: 0.5,
  })
})

test('what was not measured is null and not left out', () => {
  expect(toRow({ name: 'limit.copy', unit: 'points/s', slices: [slice(10)] })).toEqual(
    figureRow('limit.copy', 'points/s', 5),
  )
})

test('errors are the requests that failed and the points that were lost', () => {
  expect(toRow({ name: 'x', unit: 'points/s', slices: [slice(1, [], 2), slice(1, [], 3)], lost: 4 }).errors).toBe(9)
})

test('a row of nothing is refused', () => {
  expect(() => toRow({ name: 'x', unit: 'points/s', slices: [] })).toThrow('x: nothing was measured')
})
