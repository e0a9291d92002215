// Never more than the limit, over any number of instances, their deaths and the jumps of their clocks.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { countUsage } from '../report/usage.ts'
import { takeLease } from './lease-queries.ts'
import { type Grant, openLeases, type TakeUnits, type WantedLease } from './leases.ts'
import { openQuota } from './quota.ts'

const HOUR_MS = 3_600_000

/** The statement's rule over a clock that the test sets: what was granted in the current window. */
function counter() {
  let granted = 0
  let window = -1
  let updates = 0
  return {
    updates: () => updates,
    async lease(at: number, { limit, needed, whole }: WantedLease): Promise<Grant> {
      updates++
      await Promise.resolve()
      const begun = Math.floor(at / HOUR_MS)
      if (begun !== window && begun !== window - 1) {
        window = begun
        granted = 0
      }
      const left = Math.max(0, limit - granted)
      const tokens = whole && needed > left ? 0 : Math.min(left, Math.max(needed, Math.floor(left / 40)))
      granted += tokens
      return { tokens, left: left - tokens, endsInMs: (window + 1) * HOUR_MS - at }
    },
  }
}

interface Instance {
  take: TakeUnits
  /** Milliseconds by which its clock is ahead. */
  skew: number
}

describe('leases', () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        act: fc.constant('take' as const),
        by: fc.nat(9),
        units: fc.integer({ min: 1, max: 9 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('die' as const), by: fc.nat(9) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('jump' as const),
        by: fc.nat(9),
        ms: fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: HOUR_MS / 2 }),
        asleep: fc.boolean(),
      }),
    },
  )

  it('never grant more than the limit in a window, and each unit of a whole use or none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (steps, limit, whole) => {
          const database = counter()
          let at = 10 * HOUR_MS
          let slept = 0
          const begin = (): Instance => {
            const instance: Instance = { skew: 0, take: async () => await Promise.reject(new Error('not begun')) }
            const clocks = { elapsed: () => at - slept, now: () => at + instance.skew }
            instance.take = openLeases({ ...clocks, whole, lease: (wanted) => database.lease(at, wanted) })
            return instance
          }
          const instances = Array.from({ length: 10 }, begin)
          const granted = new Map<number, number>()
          for (const one of steps) {
            if (one.act === 'wait') {
              at += one.ms
              // The steady clock of a machine that sleeps stands still.
              if (one.asleep) slept += one.ms
              // Waking up, its other clock is right.
              if (one.asleep) for (const instance of instances) instance.skew = Math.max(0, instance.skew)
            } else if (one.act === 'die') instances[one.by] = begin()
            else if (one.act === 'jump') {
              const instance = instances[one.by]
              if (instance) instance.skew += one.ms
            } else {
              const units = whole ? one.units : 1
              const uses = Array.from(
                { length: whole ? 1 : one.units },
                () => instances[one.by]?.take({ tenantId: 1, limit }, units) ?? Promise.resolve(undefined),
              )
              const window = Math.floor(at / HOUR_MS)
              for (const taken of await Promise.all(uses))
                if (taken?.isGranted) granted.set(window, (granted.get(window) ?? 0) + units)
              expect(granted.get(window) ?? 0).toBeLessThanOrEqual(limit)
            }
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('grant each of their tokens once', async () => {
    const database = counter()
    const at = 10 * HOUR_MS
    const clocks = { elapsed: () => at, now: () => at }
    const take = openLeases({ ...clocks, whole: false, lease: (wanted) => database.lease(at, wanted) })
    let granted = 0
    for (let i = 0; i < 600; i++) if ((await take({ tenantId: 1, limit: 400 }, 1)).isGranted) granted++
    expect(granted).toBe(400)
  })

  it.each([
    [1, 281],
    [10, 320],
    [60, 380],
  ])('of %i instances cost at most %i updates for 10,000 requests an hour', async (count, most) => {
    const database = counter()
    let at = 10 * HOUR_MS
    const clocks = { elapsed: () => at, now: () => at }
    const instances = Array.from({ length: count }, () =>
      openLeases({ ...clocks, whole: false, lease: (wanted) => database.lease(at, wanted) }),
    )
    let granted = 0
    let random = 42
    for (let i = 0; i < 10_000; i++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      at += HOUR_MS / 10_001
      const taken = await instances[Math.floor((random / 2 ** 31) * count)]?.({ tenantId: 1, limit: 10_000 }, 1)
      if (taken?.isGranted) granted++
    }
    expect(database.updates()).toBeLessThanOrEqual(most)
    expect(granted).toBeGreaterThanOrEqual(9_000)
    expect(granted).toBeLessThanOrEqual(10_000)
  })

  it('that cannot be asked for grant nothing, and are asked for again', async () => {
    let isDown = true
    const take = openLeases({
      elapsed: () => 0,
      now: () => 0,
      whole: false,
      lease: async () => {
        if (isDown) throw new Error('the database is down')
        return { tokens: 1, left: 0, endsInMs: 1_000 }
      },
    })
    await expect(take({ tenantId: 1, limit: 5 }, 1)).rejects.toThrow('the database is down')
    isDown = false
    expect(await take({ tenantId: 1, limit: 5 }, 1)).toEqual({ isGranted: true, remaining: 0, endsInMs: 1_000 })
    expect(await take({ tenantId: 1, limit: 5 }, 1)).toMatchObject({ isGranted: false, remaining: 0 })
  })

  it('of a window that ended are not used, whichever clock says so', async () => {
    let [steady, wall] = [0, 0]
    let asked = 0
    const take = openLeases({
      elapsed: () => steady,
      now: () => wall,
      whole: false,
      lease: async () => {
        asked++
        return { tokens: 10, left: 100, endsInMs: 1_000 }
      },
    })
    await take({ tenantId: 1, limit: 200 }, 1)
    await take({ tenantId: 1, limit: 200 }, 1)
    expect(asked).toBe(1)
    wall = 1_000
    await take({ tenantId: 1, limit: 200 }, 1)
    expect(asked).toBe(2)
    wall = -5_000
    steady = 1_000
    await take({ tenantId: 1, limit: 200 }, 1)
    expect(asked).toBe(3)
  })
})

describe('the statement', () => {
  let database: TestDatabase
  let tenantId: number
  const opened: PenstockDatabase[] = []
  beforeAll(async () => {
    database = await createTestDatabase()
    tenantId = await createTenant(database)
  })
  afterAll(async () => {
    for (const db of opened) await db.close()
    await database.drop()
  })

  function open(name: string): PenstockDatabase {
    const db = database.openAs(name, { poolSize: 1 })
    opened.push(db)
    return db
  }
  const requests = { name: 'requests', windowSeconds: 3_600 } as const
  const taken = async (db: PenstockDatabase, wanted: Partial<WantedLease>) =>
    await db.write(tenantId, (tx) =>
      takeLease(tx, requests, { tenantId, limit: 100, needed: 1, whole: false, ...wanted }),
    )
  const setWindow = async (start: string, granted: number) =>
    await database.query(
      `insert into quota_window values ($1, 'requests', ${start}, $2, 0)
        on conflict (tenant_id, policy) do update set window_start = excluded.window_start, granted = excluded.granted`,
      [tenantId, granted],
    )

  it('shares a limit between deployments, and never passes it', async () => {
    const quotas = ['metrics-query', 'metrics-ingest', 'feedback'].map((name) =>
      openQuota({ db: open(name), usage: countUsage(), now: Date.now, elapsed: () => performance.now() }),
    )
    const plan = { name: 'free', requestsPerHour: 100, pointsPerMinute: 50 }
    const tenant = { id: tenantId, name: 't', seriesLimit: 1, ignoredLabels: [], plan }
    const all = await Promise.allSettled(
      Array.from({ length: 160 }, async (_, i) => await quotas[i % 3]?.takeRequest(tenant)),
    )
    const granted = all.filter(({ status }) => status === 'fulfilled').length
    expect(granted).toBeLessThanOrEqual(100)
    expect(granted).toBeGreaterThanOrEqual(95)
    const refused = all.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(refused.reason).toMatchObject({ kind: { status: 429 }, members: { 'violated-policies': ['requests'] } })
    const [quota] = quotas
    await quota?.takePoints(tenant, 30)
    await expect(quota?.takePoints(tenant, 21)).rejects.toMatchObject({ kind: { slug: 'rate-limited' } })
    await quota?.takePoints(tenant, 20)
    await expect(quota?.takePoints(tenant, 51)).rejects.toMatchObject({ kind: { status: 413 } })
  })

  it('begins anew with the window, and goes on with it when the clock was set back', async () => {
    const db = open('feedback')
    await setWindow(`date_trunc('hour', now(), 'UTC') - interval '1 hour'`, 100)
    expect(await taken(db, {})).toMatchObject({ tokens: 2, left: 98 })
    await setWindow(`date_trunc('hour', now(), 'UTC') + interval '1 hour'`, 99)
    const late = await taken(db, { needed: 5 })
    expect(late).toMatchObject({ tokens: 1, left: 0 })
    expect(late.endsInMs).toBeGreaterThan(HOUR_MS)
    await setWindow(`now() + interval '3 days'`, 100)
    expect(await taken(db, { needed: 5, whole: true })).toMatchObject({ tokens: 5, left: 95 })
    expect(await taken(db, { needed: 96, whole: true })).toMatchObject({ tokens: 0, left: 95 })
    expect(await taken(db, { limit: 3 })).toMatchObject({ tokens: 0, left: 0 })
  })
})
