import { tierNames } from '@penstock/shared/config/tier.ts'
import { budget, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerOfItsOwn, type TestDatabase } from '../../test/support/postgres/database.ts'
import { applyRoles } from './apply-roles.ts'
import { migrateWith } from './migrate.ts'
import { findLeaving, sharedLimits, whileRegrouping } from './regroup.ts'
import { roleOf } from './roles.ts'

describe('the limits of two groupings', () => {
  const share = (name: string, wanted: number, isLeaving = false) => ({ name, wanted, isLeaving })

  it('give each a connection, then the new ones what they want, then the others', () => {
    const shares = [share('old', 5, true), share('new', 3)]
    expect(sharedLimits(shares, 2)).toEqual(
      new Map([
        ['old', 1],
        ['new', 1],
      ]),
    )
    expect(sharedLimits(shares, 3)).toEqual(
      new Map([
        ['old', 1],
        ['new', 2],
      ]),
    )
    expect(sharedLimits(shares, 6)).toEqual(
      new Map([
        ['old', 3],
        ['new', 3],
      ]),
    )
    expect(sharedLimits(shares, 99)).toEqual(
      new Map([
        ['old', 5],
        ['new', 3],
      ]),
    )
  })

  it('pause the last jobs that leave when there are too few connections', () => {
    const shares = [share('old', 1, true), { ...share('job', 1, true), mayPause: true }, share('new', 2)]
    expect(sharedLimits(shares, 2)).toEqual(
      new Map([
        ['old', 1],
        ['job', 0],
        ['new', 1],
      ]),
    )
    expect(sharedLimits(shares, 4).get('job')).toBe(1)
  })

  it('refuse more deployments than connections', () => {
    expect(() => sharedLimits([share('a', 1), share('b', 1)], 1)).toThrow('a connection for each of 2 deployments')
  })
})

describe('regrouping a live suite', () => {
  let db: TestDatabase
  let client: Client
  beforeAll(async () => {
    db = await createServerOfItsOwn()
    client = await db.connect()
  })
  afterAll(async () => {
    await client.end()
    await db.drop()
  })
  const limits = async () => {
    const rows = await db.query<{ name: string; limit: number }>(
      `select rolname as name, rolconnlimit as limit from pg_roles where rolname like 'penstock%' and rolcanlogin`,
    )
    return new Map(rows.map(({ name, limit }) => [name, limit]))
  }
  /** Runs the change of the roles and adds the limits up after each statement, as the transaction sees them. */
  async function sumsWhile(work: (watched: Client) => Promise<unknown>): Promise<number[]> {
    const sums: number[] = []
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    const watched = Object.create(client, {
      query: {
        value: async (...args: unknown[]) => {
          const answer = await query(...args)
          if (/connection limit/.test(String(args[0]))) {
            const sum = `select sum(case when rolconnlimit < 0 then 1000 else rolconnlimit end)::int as sum from pg_roles
                         where rolname like 'penstock%' and rolcanlogin`
            sums.push(((await query(sum)) as { rows: { sum: number }[] }).rows[0]?.sum ?? 0)
          }
          return answer
        },
      },
    }) as Client
    await work(watched)
    return sums
  }

  it('keeps the limits below the budget at every step, and retires the former roles last', async () => {
    await migrateWith(client, { tier: 'standard' })
    await migrateWith(client, { tier: 'standard', retire: true })
    const { available } = spent(budget, 'small')
    const most = available - budget.tiers.small.readers

    // From standard to small: what both have is lowered first.
    const going = await sumsWhile((watched) => migrateWith(watched, { tier: 'small' }))
    const during = await limits()
    expect([...during.values()].reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(most)
    for (const name of ['feedback', 'backfill', 'app', 'storage'])
      expect([name, during.get(roleOf(name))]).toEqual([name, expect.toSatisfy((limit: number) => limit >= 1)])
    // Never more than before: the sum only falls to the smaller budget.
    expect(going.every((sum, i) => i === 0 || sum <= Math.max(going[i - 1] ?? 0, most))).toBe(true)

    const ending = await sumsWhile((watched) => migrateWith(watched, { tier: 'small', retire: true }))
    for (const sum of ending) expect(sum).toBeLessThanOrEqual(most)
    const after = await limits()
    expect([after.get('penstock_feedback'), after.get('penstock_app')]).toEqual([0, 4])
    expect(await findLeaving(client, { budget, tier: 'small' })).toEqual([])
  })

  it('leaves the former roles what they need until then', async () => {
    await migrateWith(client, { tier: 'standard', retire: true })
    const plan = await whileRegrouping(client, { budget, tier: 'small' })
    expect(Object.keys(plan.leaving ?? {})).toEqual(expect.arrayContaining(['feedback', 'partitions']))
    await client.query('begin')
    await applyRoles(client, { budget, tier: 'standard' }, {})
    await client.query('rollback')
    await migrateWith(client, { tier: 'small' })
    const granted = await db.query<{ may: boolean }>(
      `select has_table_privilege('penstock_feedback', 'insight_feedback', 'select')
          and has_function_privilege('penstock_feedback', 'authenticate_api_key(text, bytea)', 'execute') as may`,
    )
    expect(granted).toEqual([{ may: true }])
  })

  it.each(tierNames)('finds nothing that leaves in the tier %s alone', async (tier) => {
    await migrateWith(client, { tier, retire: true })
    expect(await findLeaving(client, { budget, tier })).toEqual([])
  })
})
