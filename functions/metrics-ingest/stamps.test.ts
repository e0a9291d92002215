import { DAY, formatTimestamp, HOUR, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { placedColumns, placedPoints } from '../../test/support/points/placed-columns.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { createStamps, type Stamp } from './stamps.ts'

const NOON = Date.UTC(2026, 10, 20, 12) * 1000
let db: TestDatabase
let database: PenstockDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  database = db.openAs('metrics-ingest')
})
beforeEach(async () => void (await db.query('truncate stamp_minute')))
afterAll(async () => await db.drop())

/** An instance, whose clock the test sets, and which counts how often it asks the database. */
function instance() {
  const clock = { at: NOON }
  const asked = { times: 0 }
  const counting = aroundUnits(database, async (run, work) => {
    asked.times++
    return await run(work)
  })
  return { clock, asked, stamp: createStamps({ db: counting, now: () => clock.at / 1000 }) }
}

/** A request of entries of these series, in order. */
async function take(stamp: Stamp, series: readonly number[], near: Micros, given: readonly Micros[] = []) {
  const counts = new Map<number, number>()
  const ordinals = new Map(
    series.map((one, index) => {
      counts.set(one, (counts.get(one) ?? -1) + 1)
      return [index, counts.get(one) ?? 0] as const
    }),
  )
  const timed = given.map((at, i) => ({ index: series.length + i, series: series[0] ?? 1, at, value: 1 }))
  const untimed = series.map((one, index) => ({ index, series: one, at: null, value: 1 }))
  const { points } = await stamp(placedColumns([...untimed, ...timed]), ordinals, near)
  return { points: placedPoints(points) }
}
const instants = async (stamp: Stamp, series: readonly number[], near: Micros) =>
  (await take(stamp, series, near)).points.map(({ at }) => at)
const same = (count: number): readonly number[] => Array.from({ length: count }, () => 1)

describe('stamps', () => {
  it('are never given twice to a series, whatever instances, clocks and publish times do', async () => {
    const seen = new Set<string>()
    let given = 0
    const request = fc.record({
      by: fc.nat(3),
      series: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40 }),
      // Clocks jump both ways, and messages are minutes late.
      clock: fc.integer({ min: -70, max: 10 }).map((seconds) => NOON + seconds * 1_000_000),
      late: fc.integer({ min: 0, max: 5 }).map((seconds) => seconds * 1_000_000),
      restart: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 30 }), async (requests) => {
        const instances = [instance(), instance(), instance(), instance()]
        await Promise.all(
          requests.map(async ({ by, series, clock, late, restart }) => {
            if (restart) instances[by] = instance()
            const one = instances[by] ?? instance()
            one.clock.at = clock
            const { points } = await take(one.stamp, series, clock - late)
            given += points.length
            for (const { series: id, at } of points) seen.add(`${id} ${at}`)
          }),
        )
        expect(seen.size).toBe(given)
      }),
      { numRuns: 25 },
    )
  })

  it('stay an instance’s own while it sleeps', async () => {
    const [sleeper, other] = [instance(), instance()]
    const before = await instants(sleeper.stamp, same(20), NOON)
    // Hours pass between the stamp and the write, and other instances stamp the same minute before and after it.
    const meanwhile = await instants(other.stamp, same(20), NOON)
    sleeper.clock.at = NOON + 3 * HOUR
    other.clock.at = NOON + 3 * HOUR
    const after = [...(await instants(sleeper.stamp, same(20), NOON)), ...(await instants(other.stamp, same(20), NOON))]
    expect(new Set([...before, ...meanwhile, ...after]).size).toBe(80)
  })

  it('cost nothing where points have timestamps, and one question of an instance a minute else', async () => {
    const { stamp, asked } = instance()
    const timed = placedColumns([{ index: 0, series: 1, at: NOON, value: 1 }])
    expect(await stamp(timed, null, NOON)).toEqual({ points: timed, first: null })
    expect(asked.times).toBe(0)
    await Promise.all(Array.from({ length: 50 }, async (_, i) => await take(stamp, [i], NOON + i)))
    expect(asked.times).toBe(1)
    await take(stamp, [1], NOON + MINUTE)
    expect(asked.times).toBe(2)
  })

  it('of one series rise by 512 microseconds, and those of different series are one instant', async () => {
    const { stamp } = instance()
    const batch = await instants(stamp, same(10_000), NOON)
    expect(batch.every((at, i) => at === (batch[0] ?? 0) + i * 512)).toBe(true)
    expect((batch[0] ?? 0) - NOON).toBeLessThan(512)
    const [one, two] = await instants(stamp, [2, 3], NOON)
    expect(one).toBe(two)
    expect(one).toBe(batch[0])
  })

  it('of one request lie in one minute: the next one where this has no room', async () => {
    const { stamp } = instance()
    const late = NOON + MINUTE - 1_000_000
    const batch = await instants(stamp, same(10_000), late)
    expect(Math.min(...batch)).toBeGreaterThanOrEqual(NOON + MINUTE)
    expect(Math.max(...batch)).toBeLessThan(NOON + 2 * MINUTE)
    expect(await instants(stamp, [2], late)).toEqual([expect.closeTo(late, -3)])
  })

  it('are of the next minute when 512 instances have drawn this one, and 503 when ten minutes are drawn', async () => {
    const fill = async (minutes: number) =>
      await db.query(
        `insert into stamp_minute select $1::timestamptz + i * interval '1 minute', 512 from generate_series(0, $2::int - 1) i
         on conflict (minute) do update set slots = 512`,
        [formatTimestamp(NOON), minutes],
      )
    await fill(1)
    const [next] = await instants(instance().stamp, [1], NOON)
    expect(next).toBe(NOON + MINUTE)
    await fill(10)
    await expect(take(instance().stamp, [1], NOON)).rejects.toMatchObject({
      kind: { status: 503 },
      headers: { 'retry-after': '30' },
    })
  })

  it('avoid the instants that the same request says itself', async () => {
    const { stamp } = instance()
    const [first = 0] = await instants(stamp, [9], NOON)
    const { points } = await take(stamp, [1, 1, 1], NOON, [first, first + 1024, first + 1])
    expect(points.map(({ at }) => (at - first) / 512)).toEqual([3, 4, 5, 0, 2, 1 / 512])
  })

  it('are unique for more series than an instance remembers', async () => {
    const { stamp } = instance()
    const many = Array.from({ length: 6_000 }, (_, i) => i + 1)
    const all = [...(await take(stamp, many, NOON)).points, ...(await take(stamp, many, NOON)).points]
    expect(new Set(all.map(({ series, at }) => `${series} ${at}`)).size).toBe(12_000)
  })

  it('are of the present where a message’s clock cannot be right', async () => {
    const { stamp } = instance()
    for (const near of [0, NOON - 101 * DAY, NOON + HOUR])
      expect(await instants(stamp, [1], near)).toEqual([expect.closeTo(NOON, -4)])
    expect(await instants(stamp, [1], NOON - 99 * DAY)).toEqual([expect.closeTo(NOON - 99 * DAY, -4)])
  })

  it('are drawn again after a draw that failed', async () => {
    let isDown = true
    const db = aroundUnits(database, async (run, work) => {
      if (isDown) throw new Error('down')
      return await run(work)
    })
    const stamp = createStamps({ db, now: () => NOON / 1000 })
    await expect(take(stamp, [1], NOON)).rejects.toThrow('down')
    isDown = false
    expect(await instants(stamp, [1], NOON)).toHaveLength(1)
  })

  it('leave no minute in the database for ever', async () => {
    await db.query(
      `insert into stamp_minute values (date_trunc('minute', now() - interval '131 days'), 5), (date_trunc('minute', now() - interval '129 days'), 5)`,
    )
    await take(instance().stamp, [1], NOON)
    expect(await db.query('select slots from stamp_minute order by minute')).toEqual([{ slots: 5 }, { slots: 1 }])
  })
})
