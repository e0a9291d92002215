import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { Stats } from './contract.ts'
import { rate } from './handler.ts'
import { stats } from './stats.ts'

let database: TestDatabase
let db: PenstockDatabase
let caller: TenantPrincipal
let clock: number
const units = vi.fn()

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.openAs('feedback', { poolSize: 8 })
})
beforeEach(async () => {
  const tenant = { id: await createTenant(database), name: 't', seriesLimit: 0, ignoredLabels: [] }
  caller = { kind: 'tenant', name: 'key:x', tenant, scopes: ['feedback:read', 'feedback:write'] }
  clock = 1_000_000
  units.mockReset()
})
afterAll(async () => await database.drop())

/** An instance of the function: a memory of its own, the database for all. */
function instance() {
  const cache = createCache({ clock: () => clock, redis: undefined, maxBytes: 1_000_000 })
  const counted = aroundUnits(db, async (run, work) => (units(), await run(work)))
  const deps = { db: counted, cache }
  return {
    read: async (insight_id = 'i') => JSON.parse(await stats(deps, caller, { insight_id })) as Stats,
    rate: async (user_id: string, rating: number, insight_id = 'i') =>
      await rate(deps, { caller, idempotency: null }, { insight_id, user_id, rating, comment: undefined }),
  }
}

describe('statistics', () => {
  it('are counted once for many who ask, and given as they are for two seconds', async () => {
    const one = instance()
    await one.rate('ann', 4)
    units.mockClear()
    const all = await Promise.all(Array.from({ length: 50 }, () => one.read()))
    clock += 1_999
    all.push(await one.read())
    expect(new Set(all.map(({ average_rating }) => average_rating))).toEqual(new Set([4]))
    expect(units).toHaveBeenCalledTimes(1)
  })

  it("show an instance's own writes at once, and another's after two seconds", async () => {
    const [one, two] = [instance(), instance()]
    await one.rate('ann', 4)
    expect([await one.read(), await two.read()]).toMatchObject([{ total_ratings: 1 }, { total_ratings: 1 }])
    await one.rate('bob', 5)
    expect([await one.read(), await two.read()]).toMatchObject([{ total_ratings: 2 }, { total_ratings: 1 }])
    clock += 2_000
    expect(await two.read()).toMatchObject({ total_ratings: 2, average_rating: 4.5 })
  })

  it('show what was changed by somebody who knows nothing of caches, and deleted', async () => {
    const one = instance()
    await one.rate('ann', 4)
    await one.read()
    await database.query('update insight_feedback set rating = 1 where tenant_id = $1', [caller.tenant.id])
    clock += 2_000
    expect(await one.read()).toMatchObject({ average_rating: 1 })
    await database.query('delete from insight_feedback where tenant_id = $1', [caller.tenant.id])
    clock += 2_000
    expect(await one.read()).toMatchObject({ total_ratings: 0 })
  })

  it('are confirmed by one small question, not counted anew, until an hour has passed', async () => {
    const one = instance()
    await one.rate('ann', 4)
    await one.read()
    const counted = vi.spyOn(JSON, 'stringify')
    for (const [passed, loads] of [
      [2_000, 0],
      [3_597_999, 0],
      [1, 1],
    ] as const) {
      counted.mockClear()
      clock += passed
      await one.read()
      const made = counted.mock.calls.filter(([value]) => Object.hasOwn(Object(value), 'total_ratings'))
      expect(made).toHaveLength(loads)
    }
    counted.mockRestore()
  })

  it('are kept apart by insight and tenant', async () => {
    const one = instance()
    await one.rate('ann', 4)
    await one.rate('ann', 1, 'j')
    expect([await one.read(), await one.read('j')]).toMatchObject([{ average_rating: 4 }, { average_rating: 1 }])
    caller = { ...caller, tenant: { ...caller.tenant, id: await createTenant(database) } }
    expect(await one.read()).toMatchObject({ total_ratings: 0 })
  })
})

describe("an insight's version", () => {
  it('rises with each change, by whomever, and is later than any of a time before', async () => {
    const seen: number[] = [Date.now() * 1000 - 60_000_000]
    const changes = [
      `insert into insight_feedback (tenant_id, insight_id, user_id, rating) values ($1, 'v', 'u', 1)`,
      `update insight_feedback set rating = 2 where tenant_id = $1`,
      `update insight_version set version = version + 3600000000 where tenant_id = $1`,
      `update insight_feedback set rating = 3 where tenant_id = $1`,
      `delete from insight_feedback where tenant_id = $1`,
    ]
    for (const change of changes) {
      await database.query(change, [caller.tenant.id])
      const [row] = await database.query<{ version: string }>(
        `select version from insight_version where tenant_id = $1 and insight_id = 'v'`,
        [caller.tenant.id],
      )
      expect(Number(row?.version)).toBeGreaterThan(seen.at(-1) ?? 0)
      seen.push(Number(row?.version))
    }
  })
})
