import { type Micros, monthOf, parseTimestamp } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createQueryClient, type QueryClient } from '../../../test/support/points/query-client.ts'
import { beginSums, percentilesOf } from './archive-sums.ts'
import type { BucketWidth } from './sum-queries.ts'

const us = (text: string): Micros => parseTimestamp(text) as Micros

let client: QueryClient
beforeAll(async () => {
  client = await createQueryClient({ months: [], now: us('2026-11-20T00:00:00Z') })
})
afterAll(async () => await client.close())

const widths: BucketWidth[] = ['1 minute', '5 minutes', '15 minutes', '1 hour', '1 day', '7 days', '1 month']
const value = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e150, max: 1e150 }).map((v) => v + 0),
)

describe('sums of archived points', () => {
  it.each(widths)('by %s begin where PostgreSQL’s buckets begin', async (width) => {
    const texts = [
      '2024-02-29T23:59:59.999999Z',
      '2024-03-01T00:00:00Z',
      '2023-12-31T12:34:56.7Z',
      '2024-01-01T00:00:00Z',
      '2010-01-03T23:15:00Z',
    ]
    for (const text of texts) {
      const { rows } = await client.db.writeAll((tx) =>
        sql<{ bucket: number }>`
            select (extract(epoch from ${
              width === '1 month'
                ? sql`date_trunc('month', ${text}::timestamptz at time zone 'UTC') at time zone 'UTC'`
                : sql`date_bin(${width}::interval, ${text}::timestamptz, timestamptz '0001-01-01 00:00:00+00')`
            }) * 1000000)::float8 as bucket`.execute(tx),
      )
      const summing = beginSums(width, false)
      summing.add({ seriesId: 1, at: Float64Array.of(us(text)), value: Float64Array.of(1) }, 0)
      expect(summing.sums()[0]?.bucket).toBe(rows[0]?.bucket)
    }
  })

  it('count, add, and keep the ends of each bucket and group, whatever the runs', () => {
    const instants = fc.uniqueArray(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 40 })
    const run = fc.tuple(instants, fc.integer({ min: 0, max: 2 }), fc.array(value, { minLength: 40, maxLength: 40 }))
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), (runs) => {
        const start = us('2026-08-31T23:55:00Z')
        const summing = beginSums('1 minute', true)
        const expected = new Map<string, number[]>()
        for (const [seconds, group, values] of runs) {
          const at = Float64Array.from(
            seconds.toSorted((a, b) => a - b),
            (second) => start + second * 1e6,
          )
          at.forEach((instant, i) => {
            const key = `${Math.floor(instant / 60e6) * 60e6} ${group}`
            expected.set(key, [...(expected.get(key) ?? []), values[i] ?? 0])
          })
          const month = monthOf(at[0] ?? 0)
          // A run is of one month.
          const inMonth = at.filter((instant) => monthOf(instant) === month)
          const parts = [inMonth, at.subarray(inMonth.length)]
          let from = 0
          for (const part of parts) {
            summing.add(
              { seriesId: 1, at: part, value: Float64Array.from(values.slice(from, from + part.length)) },
              group,
            )
            from += part.length
          }
        }
        const sums = summing.sums()
        expect(sums.map((one) => `${one.bucket} ${one.group}`)).toEqual(
          [...expected.keys()].toSorted((a, b) => {
            const [[x = 0, g = 0], [y = 0, h = 0]] = [a.split(' ').map(Number), b.split(' ').map(Number)]
            return x - y || g - h
          }),
        )
        for (const one of sums) {
          const all = expected.get(`${one.bucket} ${one.group}`) ?? []
          expect([one.count, one.low, one.high]).toEqual([all.length, Math.min(...all), Math.max(...all)])
          expect(one.total).toBe(all.reduce((a, b) => a + b, 0))
          expect(one.values.flatMap((part) => [...part])).toEqual(all)
        }
      }),
    )
  })
})

describe('percentiles of archived points', () => {
  it('are PostgreSQL’s, to the bit', async () => {
    const fraction = fc.oneof(
      fc.constantFrom(0, 0.5, 0.95, 0.99, 0.999, 1, 0.33),
      fc.integer({ min: 0, max: 1e8 }).map((n) => n / 1e8),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 50 }),
        fc.array(fraction, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (values, fractions, cut) => {
          const { rows } = await client.db.writeAll((tx) =>
            sql<{ p: number[] }>`
                select percentile_cont(${fractions}::float8[]) within group (order by v) as p
                from unnest(${values}::float8[]) as v`.execute(tx),
          )
          const at = cut % values.length
          const parts = [Float64Array.from(values.slice(0, at)), Float64Array.from(values.slice(at))]
          expect(percentilesOf(parts, fractions).map((one) => one + 0)).toEqual(rows[0]?.p.map((one) => one + 0))
        },
      ),
      { numRuns: 100 },
    )
  })
})
