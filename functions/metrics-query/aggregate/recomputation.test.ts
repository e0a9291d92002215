import { DAY, formatTimestamp, HOUR, MINUTE, type Micros, monthOf, monthStart } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregateLab, END, type GroupedPoint, START, us } from '../../../test/support/points/aggregates.ts'
import type { Bucket, Interval } from '../contract.ts'

const lab = aggregateLab()
const { ask, store, freshService } = lab

const floorTo = (at: Micros, width: number, origin = 0) => origin + Math.floor((at - origin) / width) * width
const MONDAY = us('1969-12-29T00:00:00Z')

/** First instants of buckets, by plain arithmetic. */
const bucketStart: Readonly<Record<Interval, (at: Micros) => Micros>> = {
  minute: (at) => floorTo(at, MINUTE),
  '5m': (at) => floorTo(at, 5 * MINUTE),
  '15m': (at) => floorTo(at, 15 * MINUTE),
  hour: (at) => floorTo(at, HOUR),
  day: (at) => floorTo(at, DAY),
  week: (at) => floorTo(at, 7 * DAY, MONDAY),
  month: (at) => monthStart(monthOf(at)),
}
const intervals = Object.keys(bucketStart) as Interval[]

/** The result that the contract demands for these points, computed from them one by one. */
function recompute(
  points: readonly GroupedPoint[],
  interval: Interval,
  isGrouped: boolean,
  percentiles: readonly string[] = [],
): Bucket[] {
  const buckets = new Map<string, { at: Micros; group: string | null; values: number[] }>()
  for (const { at, value, group } of points) {
    const start = bucketStart[interval](at)
    const key = JSON.stringify([start, isGrouped ? group : 0])
    const bucket = buckets.get(key) ?? { at: start, group, values: [] }
    bucket.values.push(value)
    buckets.set(key, bucket)
  }
  return [...buckets.values()]
    .sort(
      (a, b) =>
        a.at - b.at ||
        Number(a.group === null) - Number(b.group === null) ||
        (String(a.group) < String(b.group) ? -1 : 1),
    )
    .map(({ at, group, values }) => ({
      timestamp: formatTimestamp(at),
      ...(isGrouped ? { group } : {}),
      avg_value: values.reduce((a, b) => a + b, 0) / values.length,
      min_value: Math.min(...values),
      max_value: Math.max(...values),
      count: values.length,
      sum_value: values.reduce((a, b) => a + b, 0),
      ...(percentiles.length === 0
        ? {}
        : { percentiles: Object.fromEntries(percentiles.map((p) => [p, percentileOf(values, Number(p))])) }),
    }))
}

function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (percentile / 100) * (sorted.length - 1)
  const below = sorted[Math.floor(place)] as number
  const above = sorted[Math.ceil(place)] as number
  return below + (place - Math.floor(place)) * (above - below)
}

/** Equal but for the last digits of sums, which depend on the order of adding. */
function expectSame(saw: readonly Bucket[], expected: readonly Bucket[]): void {
  const rounded = (bucket: Bucket) =>
    JSON.stringify(bucket, (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(12)) + 0 : value))
  expect(saw.map(rounded)).toEqual(expected.map(rounded))
}

// Around what calendars get wrong: the year's end, 29 February, Sunday to Monday, and the edges of every bucket.
const edges = [
  '2024-01-01T00:00:00Z',
  '2024-02-29T00:00:00Z',
  '2024-03-01T00:00:00Z',
  '2023-12-31T00:00:00Z',
  '2024-01-08T00:00:00Z',
  '2024-02-29T12:15:00Z',
].map(us)
const instants = fc.oneof(
  fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 })).map(([edge, off]) => edge + off),
  fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -200, max: 200 }))
    .map(([edge, minutes]) => edge + minutes * MINUTE),
  fc.integer({ min: START / HOUR, max: Math.floor(END / HOUR) }).map((hour) => hour * HOUR),
)
const groups = fc.constantFrom('b', 'ä', 'a', '', null)
// Sums of these are exact in whatever order they are added.
const points = fc
  .array(fc.record({ at: instants, value: fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 64), group: groups }), {
    minLength: 1,
    maxLength: 50,
  })
  .map((some) => [...new Map(some.map((point) => [`${point.at} ${point.group}`, point])).values()])

describe('an aggregate', () => {
  it('equals recomputation from the points, for every interval, range, group and percentile', async () => {
    const question = fc.record({
      interval: fc.constantFrom(...intervals),
      isGrouped: fc.boolean(),
      percentiles: fc.constantFrom([], ['50'], ['0', '99.9', '100', '33']),
      range: fc.tuple(instants, instants).map((two) => [...two].sort((a, b) => a - b) as [Micros, Micros]),
      isWhole: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(points, question, async (some, { interval, isGrouped, percentiles, range, isWhole }) => {
        const service = freshService()
        await store(service, some)
        const [from, to] = isWhole ? [START, END] : range
        const { data } = await ask(service, {
          interval,
          start_time: formatTimestamp(from),
          end_time: formatTimestamp(to),
          ...(isGrouped ? { group_by: 'host' } : {}),
          ...(percentiles.length > 0 ? { percentiles: percentiles.join(',') } : {}),
        })
        const inside = some.filter(({ at }) => at >= from && at <= to)
        expectSame(data, recompute(inside, interval, isGrouped, percentiles))
      }),
      { numRuns: 150 },
    )
  }, 120_000)
})
