// Trends over stored points, compared with figures that are computed from the points one by one.
import { DAY, formatTimestamp, HOUR, type Micros } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aggregateLab, type GroupedPoint, us } from '../../../test/support/points/aggregates.ts'
import type { MetricTrends, TrendsQuery } from '../trends-contract.ts'

const lab = aggregateLab()
const BEGIN = us('2024-01-15T00:00:00Z')
const MONDAY = us('1969-12-29T00:00:00Z')
const lengths = { hour: HOUR, day: DAY, week: 7 * DAY }
const names = { metric_type: 'temp' }

const ask = async (service: string, query: Readonly<Record<string, string | number>>) =>
  await lab.client.trends(lab.tenant, { service_name: service, ...names, ...query })
const between = (from: Micros, to: Micros) => ({ start_time: formatTimestamp(from), end_time: formatTimestamp(to) })

type Question = Pick<TrendsQuery, 'interval' | 'compare' | 'moving_average'>

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : sum(values) / values.length)
const percent = (now: number | null, before: number | null): number | null =>
  now === null || before === null || before === 0 ? null : (100 * (now - before)) / Math.abs(before)

const figures = (values: readonly number[]) => ({
  avg_value: mean(values),
  min_value: values.length === 0 ? null : Math.min(...values),
  max_value: values.length === 0 ? null : Math.max(...values),
  sum_value: sum(values),
  count: values.length,
})

/** The answer that the contract demands for these points. */
function recompute(
  points: readonly GroupedPoint[],
  [from, to]: readonly [Micros, Micros],
  { interval, compare, moving_average }: Question,
) {
  const width = lengths[interval]
  const bucket = (at: Micros): Micros => MONDAY + Math.floor((at - MONDAY) / width) * width
  const shift = compare === 'year' ? 365 * DAY : to - from
  const now = points.filter(({ at }) => at >= from && at <= to)
  const before = points.filter(({ at }) =>
    compare === 'year' ? at >= from - shift && at <= to - shift : at >= from - shift && at < from,
  )
  const valuesOf = (some: readonly GroupedPoint[]): number[] => some.map(({ value }) => value)
  const [current, previous] = [figures(valuesOf(now)), figures(valuesOf(before))]
  const starts: Micros[] = []
  for (let at = bucket(from); at <= to; at += width) starts.push(at)
  const inside = (some: readonly GroupedPoint[], first: Micros, behind: Micros): number[] =>
    valuesOf(some.filter(({ at }) => at >= first && at < behind))
  return {
    current,
    previous: compare === 'none' ? null : previous,
    change:
      compare === 'none'
        ? null
        : {
            avg_absolute:
              current.avg_value === null || previous.avg_value === null ? null : current.avg_value - previous.avg_value,
            avg_percentage: percent(current.avg_value, previous.avg_value),
            sum_percentage: percent(current.sum_value, previous.sum_value),
            count_percentage: percent(current.count, previous.count),
          },
    data: starts.map((at) => {
      const own = mean(inside(now, at, at + width))
      const last = bucket(at - shift)
      const previousValue = compare === 'none' ? null : mean(inside(before, last, last + width))
      return {
        timestamp: formatTimestamp(at),
        avg_value: own,
        count: inside(now, at, at + width).length,
        moving_average: mean(inside(now, at - (moving_average - 1) * width, at + width)),
        previous_value: previousValue,
        change_percentage: percent(own, previousValue),
      }
    }),
  }
}

/** Equal but for the last digits of sums, which depend on the order of adding. */
const rounded = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(10)) + 0 : value)),
  )

const instants = fc.integer({ min: -45 * 24 * 4, max: 60 * 24 * 4 }).map((quarter) => BEGIN + quarter * (HOUR / 4))
const points = fc
  .array(fc.record({ at: instants, value: fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 64) }), { maxLength: 60 })
  .map((some) => [...new Map(some.map(({ at, value }) => [at, { at, value, group: 'a' }])).values()])

describe('trends', () => {
  it('equal recomputation of both periods from the points, for every interval, comparison and range', async () => {
    const question = fc.record({
      interval: fc.constantFrom('hour' as const, 'day' as const, 'week' as const),
      compare: fc.constantFrom('previous' as const, 'year' as const, 'none' as const),
      moving_average: fc.constantFrom(2, 7, 90),
      range: fc.tuple(instants, fc.constantFrom(0, HOUR, DAY, 10 * DAY + HOUR / 2, 14 * DAY, 30 * DAY - 1)),
    })
    await fc.assert(
      fc.asyncProperty(points, question, async (some, { range: [from, length], ...given }) => {
        const service = lab.freshService()
        await lab.store(service, some)
        const { current, previous, change, data } = await ask(service, { ...between(from, from + length), ...given })
        const expected = recompute(some, [from, from + length], given)
        const { start_time: _from, end_time: _to, ...last } = previous ?? { start_time: '', end_time: '' }
        expect(rounded({ current, previous: previous && last, change, data })).toEqual(rounded(expected))
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  it('compare with the same days of the year before', async () => {
    const service = lab.freshService()
    const [from, to] = [us('2024-12-10T00:00:00Z'), us('2024-12-11T00:00:00Z')]
    await lab.add({ service }, [
      [us('2023-12-11T12:00:00Z'), 4],
      [us('2024-03-20T00:00:00Z'), 100],
    ])
    const { previous, data } = await ask(service, { ...between(from, to), interval: 'day', compare: 'year' })
    expect(previous).toMatchObject({
      count: 1,
      start_time: '2023-12-11T00:00:00.000000Z',
      end_time: '2023-12-12T00:00:00.000000Z',
    })
    expect(data).toMatchObject([
      { timestamp: '2024-12-10T00:00:00.000000Z', avg_value: null, previous_value: 4, change_percentage: null },
      { timestamp: '2024-12-11T00:00:00.000000Z', previous_value: null },
    ])
  })

  it('count an instant where both periods meet once', async () => {
    const service = lab.freshService()
    await lab.add({ service }, [
      [BEGIN - 1, 1],
      [BEGIN, 2],
      [BEGIN + DAY, 3],
    ])
    const answer = await ask(service, { ...between(BEGIN, BEGIN + DAY), interval: 'day' })
    expect([answer.current.count, answer.previous?.count]).toEqual([2, 1])
    expect(answer.previous?.end_time).toBe(formatTimestamp(BEGIN))
  })

  it('follow a late point at once', async () => {
    const service = lab.freshService()
    await lab.add({ service, labels: { host: 'a' } }, [[BEGIN, 1]])
    const query = { ...between(BEGIN + DAY, BEGIN + 2 * DAY), interval: 'day' }
    expect((await ask(service, query)).previous).toMatchObject({ count: 1, max_value: 1 })
    await lab.add({ service, labels: { host: 'b' } }, [[BEGIN + HOUR, 9]])
    expect((await ask(service, query)).previous).toMatchObject({ count: 2, max_value: 9 })
  })

  it('refuse units that meet in the two periods, and more buckets than the limit', async () => {
    const service = lab.freshService()
    await lab.add({ service, unit: 'C' }, [[BEGIN, 1]])
    await lab.add({ service, unit: 'F' }, [[BEGIN + DAY, 2]])
    const query = { ...between(BEGIN + DAY, BEGIN + 2 * DAY), interval: 'hour' }
    await expect(ask(service, query)).rejects.toMatchObject({ kind: { slug: 'ambiguous_unit', status: 422 } })
    expect((await ask(service, { ...query, unit: 'F' })).current.count).toBe(1)
    expect((await ask(service, { ...query, compare: 'none' })).current.count).toBe(1)
    const limited = async (buckets: number): Promise<MetricTrends> =>
      await lab.client.trends(lab.tenant, { service_name: service, ...names, ...query, unit: 'F' }, { buckets })
    await expect(limited(24)).rejects.toMatchObject({ kind: { slug: 'too_many_buckets', status: 422 } })
    expect((await limited(25)).data).toHaveLength(25)
  })

  it('of a service without points are zeros and nulls', async () => {
    const answer = await ask(lab.freshService(), { ...between(BEGIN, BEGIN + HOUR), interval: 'hour' })
    const nothing = { avg_value: null, min_value: null, max_value: null, sum_value: 0, count: 0 }
    expect(answer).toMatchObject({
      current: nothing,
      previous: nothing,
      change: { avg_absolute: null, avg_percentage: null, sum_percentage: null, count_percentage: null },
      trend: { slope_per_day: null, r_squared: null, direction: 'flat' },
    })
    expect(answer.data).toHaveLength(2)
  })
})
