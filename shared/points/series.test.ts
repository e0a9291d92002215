import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { Tenant } from '../auth/principal.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { aroundUnits } from '../database/units.ts'
import { createSeriesResolver, type NamedPoint, resolveNames, type SeriesDeps } from './series.ts'

let db: TestDatabase
let database: PenstockDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  // The tests of the pool cover connections that are not free in time. Here callers wait, however busy the machine is.
  database = db.openAs('metrics-ingest', { acquireTimeoutMs: 30_000 })
})
afterAll(async () => await db.drop())

function resolver({ db }: Pick<SeriesDeps, 'db'> = { db: database }) {
  const series = createSeriesResolver({ db, now: Date.now })
  return async (tenant: Tenant, points: readonly NamedPoint[]) => await resolveNames(series, tenant, points)
}
const point = (labels: object, index = 0): NamedPoint => ({
  index,
  service: 's',
  type: 't',
  unit: 'u',
  labels: JSON.stringify(labels),
})
async function newTenant(seriesLimit = 100_000): Promise<Tenant> {
  const id = await createTenant(db)
  await db.query('update tenant set series_limit = $1 where id = $2', [seriesLimit, id])
  return { id, name: 't', seriesLimit, ignoredLabels: [] }
}
const rowsOf = async (tenant: Tenant) =>
  await db.query<{ id: number; labels: object }>(
    'select id, labels from metric_series where tenant_id = $1 order by id',
    [tenant.id],
  )
const countOf = async (tenant: Tenant) =>
  (await db.query<{ series_count: number }>('select series_count from tenant where id = $1', [tenant.id]))[0]
    ?.series_count

describe('the resolver of series', () => {
  it('gives one id to one identity, in every instance and in every tenant its own', async () => {
    const [mine, theirs] = [await newTenant(), await newTenant()]
    const points = [point({ a: 1 }), point({ b: 1 }), point({ a: 1 })]
    const first = await resolver()(mine, points)
    expect(first.ids[0]).toBe(first.ids[2])
    expect(new Set(first.ids).size).toBe(2)
    expect(await resolver()(mine, points)).toEqual(first)
    const other = await resolver()(theirs, points)
    expect(other.ids.some((id) => first.ids.includes(id))).toBe(false)
    expect(await countOf(mine)).toBe(2)
  })

  it('asks the database once for what it knows', async () => {
    const tenant = await newTenant()
    let units = 0
    const resolve = resolver({
      db: aroundUnits(database, async (run, work) => (units++, await run(work))),
    })
    await resolve(tenant, [point({ a: 1 })])
    const asked = units
    await resolve(tenant, [point({ a: 1 })])
    expect(units).toBe(asked)
  })

  it('admits exactly the limit when many instances add at once, and burns no ids', async () => {
    const tenant = await newTenant(10)
    const all = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => await resolver()(tenant, [point({ n: i }), point({ n: i % 3 })])),
    )
    expect(await countOf(tenant)).toBe(10)
    const rows = await rowsOf(tenant)
    expect(rows).toHaveLength(10)
    expect((rows.at(-1)?.id ?? 0) - (rows[0]?.id ?? 0)).toBe(9)
    expect(new Set(all.flatMap(({ ids }) => ids)).size).toBe(11)
  })

  it('gives the first series of a request the room that is left, and names the label to blame', async () => {
    const tenant = await newTenant(3)
    await resolver()(tenant, [point({ host: 'a', request: '1' })])
    const points = ['2', '3', '4', '5'].map((request, i) => point({ host: 'a', request }, i))
    const { ids, limitDetail } = await resolver()(tenant, points)
    expect(ids.map((id) => id !== undefined)).toEqual([true, true, false, false])
    expect(limitDetail).toBe(
      'would be a new series, and the tenant has reached its limit of 3; the label "request" has the most values: 3',
    )
    expect((await resolver()(tenant, points)).ids.slice(0, 2)).toEqual(ids.slice(0, 2))
  })

  it('shows no more than the beginning of a long label', async () => {
    const tenant = await newTenant(1)
    await resolver()(tenant, [point({ ['x'.repeat(4_000)]: 1 })])
    const { limitDetail } = await resolver()(tenant, [point({ other: 1 })])
    expect(limitDetail).toContain(`the label "${'x'.repeat(100)}…" has the most values: 1`)
  })

  it('adds all new series of an entry or none, and the first entries that fit', async () => {
    const tenant = await newTenant()
    await db.query('update tenant set series_limit = 3 where id = $1', [tenant.id])
    const labels = [
      [0, 'a'],
      [0, 'b'],
      [1, 'b'],
      [1, 'c'],
      [1, 'd'],
      [2, 'a'],
      [2, 'e'],
      [3, 'f'],
    ] as const
    const { ids } = await resolver()(
      tenant,
      labels.map(([index, name]) => point({ name }, index)),
    )
    expect(ids.map((id) => id !== undefined)).toEqual([true, true, true, false, false, true, true, false])
    const [row] = await db.query('select series_count from tenant where id = $1', [tenant.id])
    expect(row).toEqual({ series_count: 3 })
  })

  it('forgets series whose labels would take too much memory, and finds them again', async () => {
    const tenant = await newTenant()
    let units = 0
    const resolve = resolver({
      db: aroundUnits(database, async (run, work) => (units++, await run(work))),
    })
    const long = Array.from({ length: 5_000 }, (_, i) => point({ text: `${'x'.repeat(4_000)}${i}` }, i))
    const { ids } = await resolve(tenant, long)
    const asked = units
    const [first, last] = [long.slice(0, 1), long.slice(-1)]
    expect((await resolve(tenant, last)).ids).toEqual(ids.slice(-1))
    expect(units).toBe(asked)
    expect((await resolve(tenant, first)).ids).toEqual(ids.slice(0, 1))
    expect(units).toBeGreaterThan(asked)
  })

  it('remembers no id of a transaction that did not commit', async () => {
    const tenant = await newTenant()
    let fail = true
    const resolve = resolver({
      db: aroundUnits(
        database,
        async (run, work, { readOnly }) =>
          await run(async (tx) => {
            const result = await work(tx)
            if (fail && !readOnly) throw new Error('rolled back')
            return result
          }),
      ),
    })
    await expect(resolve(tenant, [point({ a: 1 })])).rejects.toThrow('rolled back')
    fail = false
    const { ids } = await resolve(tenant, [point({ a: 1 })])
    expect(await rowsOf(tenant)).toEqual([{ id: ids[0], labels: { a: 1 } }])
  })

  it('keeps labels of 4 KiB', async () => {
    const tenant = await newTenant()
    const labels = {
      text: Array.from({ length: 500 }, (_, i) => String.fromCharCode(0x4e00 + i * 7)).join('') + 'x'.repeat(2500),
    }
    await resolver()(tenant, [point(labels)])
    expect((await rowsOf(tenant))[0]?.labels).toEqual(labels)
  })
})
