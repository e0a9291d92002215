import { type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createQueryClient, type QueryClient } from '../../../test/support/points/query-client.ts'
import { type BucketWidth, bucketOf, percentilesOf } from './buckets.ts'

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

describe('buckets', () => {
  it.each(widths)('of %s begin where PostgreSQL’s buckets begin', async (width) => {
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
      expect(bucketOf[width](us(text))).toBe(rows[0]?.bucket)
    }
  })
})

describe('percentiles', () => {
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
