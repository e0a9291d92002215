import { seriesKey } from '@penstock/shared/archive/metric-parquet-footer.ts'
import { DAY, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { type ArchivedObject, openArchive } from '@penstock/shared/reading/archive-reading.ts'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory, runOf } from '../../../test/support/months/archive-objects.ts'
import { defaultLimits } from '../limits.ts'
import { findNewestArchived } from './archive-page.ts'

const START = monthStart('2026-08-01')

interface Point {
  readonly series: number
  readonly at: Micros
  readonly value: number
}

const namesOf = (series: number) => ({ service: `svc-${99 - series}`, type: 'temp', unit: 'C', labels: '{}' })
const keyOf = (series: number) => seriesKey(Object.values(namesOf(series)))

async function store(memory: ObjectMemory, points: readonly Point[]): Promise<ArchivedObject> {
  const ids = [...new Set(points.map(({ series }) => series))]
  return await memory.write(
    ids.map((id) =>
      runOf(
        namesOf(id),
        points.flatMap(({ series, at, value }) => (series === id ? [[at, value] as const] : [])),
      ),
    ),
  )
}

interface Ask {
  readonly series: readonly number[]
  readonly from: Micros
  readonly after: { readonly ts: Micros; readonly seriesId: number }
  readonly count: number
}

async function newest(
  memory: ObjectMemory,
  object: ArchivedObject,
  { series, from, after, count }: Ask,
): Promise<Point[]> {
  const read = openArchive(memory, defaultLimits).open(defaultLimits)
  const keyed = series.map((id) => ({ id, key: keyOf(id) })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const wanted = { keys: keyed.map(({ key }) => key), ids: keyed.map(({ id }) => id), from, to: after.ts }
  const found = await findNewestArchived(read, object, wanted, { after, count })
  return Array.from(found.at, (at, i) => ({ series: found.series[i] ?? -1, at, value: found.value[i] ?? Number.NaN }))
}

const expected = (points: readonly Point[], { series, from, after, count }: Ask): Point[] =>
  points
    .filter((one) => series.includes(one.series) && one.at >= from)
    .filter((one) => one.at < after.ts || (one.at === after.ts && one.series < after.seriesId))
    .toSorted((a, b) => b.at - a.at || b.series - a.series)
    .slice(0, count)

describe('the newest points of an archived month', () => {
  it('are those that sorting all of them gives, of one instant the highest series first', async () => {
    const instant = fc.integer({ min: 0, max: 40 }).map((n) => START + n)
    const series = fc.integer({ min: 1, max: 6 })
    const points = fc.uniqueArray(fc.record({ series, at: instant, value: fc.integer() }), {
      selector: (one) => `${one.series} ${one.at}`,
      minLength: 1,
      maxLength: 80,
    })
    const ask = fc.record({
      series: fc.uniqueArray(series, { minLength: 1 }),
      from: instant,
      after: fc.record({ ts: instant, seriesId: fc.oneof(series, fc.constant(2 ** 31), fc.constant(0)) }),
      count: fc.integer({ min: 1, max: 100 }),
    })
    await fc.assert(
      fc.asyncProperty(points, ask, async (some, question) => {
        const memory = openObjectMemory()
        expect(await newest(memory, await store(memory, some), question)).toEqual(expected(some, question))
      }),
      { numRuns: 60 },
    )
  })
})

describe('in an object of many row groups', () => {
  const memory = openObjectMemory()
  let object: ArchivedObject
  let points: Point[]
  beforeAll(async () => {
    // Three series of 60,000 points each.
    points = [1, 2, 3].flatMap((series) =>
      Array.from({ length: 60_000 }, (_, i) => ({
        series,
        at: START + Math.floor((i * 10 * series * DAY) / 60_000),
        value: i,
      })),
    )
    object = await store(memory, points)
  }, 60_000)

  const everything = { series: [1, 2, 3], from: START, after: { ts: START + 31 * DAY, seriesId: 2 ** 31 } }

  it('only those row groups are read that can have them', async () => {
    const question = { ...everything, series: [3], count: 1_000 }
    expect(await newest(memory, object, question)).toEqual(expected(points, question))
    const reads = memory.takeReads()
    expect(reads.length).toBe(2)
    expect(reads.slice(1).reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(object.bytes / 4)
  })

  it('a deep page is right', async () => {
    const question = { ...everything, count: 100_000 }
    expect(await newest(memory, object, question)).toEqual(expected(points, question))
  })
})
