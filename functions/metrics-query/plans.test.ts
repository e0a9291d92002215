// Checks the planner's plans for the slice's statements, with the function's own role and with row security.

import { HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { CompiledQuery, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../test/support/points/points.ts'
import { addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { type Summing, sumHours } from './aggregate/sum-queries.ts'
import { selectState } from './months/state-queries.ts'
import { newestOfOne, newestOfSeries, newestOfStretch } from './queries.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') as number
const SERIES = 60

let database: TestDatabase
let kysely: Kysely<Database>
let asked: CompiledQuery | undefined
let tenant: number
const ids: number[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  for (const month of ['2026-08-01', '2026-09-01', '2026-10-01', '2026-11-01', '2026-12-01'])
    await makeLive(database, month)
  tenant = await createTenant(database)
  for (let s = 0; s < SERIES; s++) ids.push(await addSeries(database, tenant, { labels: { s } }))
  await database.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select $1, s, '2026-08-25 00:00:00+00'::timestamptz + i * interval '1 hour', i
     from generate_series(1, 2100) i, unnest($2::int[]) s order by i, s`,
    [tenant, ids],
  )
  await database.query('analyze')
  const pool = new Pool({ connectionString: database.urlOf('metrics-query'), max: 1 })
  kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), log: ({ query }) => void (asked = query) })
}, 60_000)
afterAll(async () => {
  await kysely.destroy()
  await database.drop()
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

/** The nodes of the plan by which a question was answered; those that never ran are left out. */
async function planOf(question: (tx: Transaction<Database>) => Promise<unknown>): Promise<Plan[]> {
  return await kysely
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      await sql`select set_config('app.tenant_id', ${String(tenant)}, true)`.execute(tx)
      await question(tx)
      if (!asked) throw new Error('nothing was asked')
      const explain = CompiledQuery.raw(`explain (analyze, format json) ${asked.sql}`, [...asked.parameters])
      const { rows } = await tx.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(explain)
      const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
      return rows
        .flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodes(Plan)))
        .filter((node) => node['Actual Loops'] > 0)
    })
}

const tables = (plan: readonly Plan[]) => [...new Set(plan.flatMap((node) => node['Relation Name'] ?? []))].sort()
const indexes = (plan: readonly Plan[]) => [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))].sort()
const rowsRead = (plan: readonly Plan[]) =>
  plan
    .filter((node) => node['Relation Name']?.startsWith('metric_point'))
    .reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'] + (node['Rows Removed by Filter'] ?? 0), 0)

const stretch = (from: number) => ({
  tenantId: tenant,
  from,
  after: { ts: NOON, seriesId: 2 ** 31 },
  skip: 0,
  limit: 100,
})

describe('the plan', () => {
  it('of few series prunes the partitions outside the range and reads the primary key', async () => {
    const plan = await planOf(async (tx) => await newestOfSeries(tx, ids.slice(0, 2), stretch(NOON - 24 * HOUR)))
    expect(tables(plan)).toEqual(['metric_point_2026_11'])
    expect(indexes(plan)).toEqual(['metric_point_2026_11_pkey'])
    expect(plan.some((node) => /series_id = .*ts >= .*ts <= /.test(node['Index Cond'] ?? ''))).toBe(true)
    expect(rowsRead(plan)).toBe(2 * 25)
  })

  it('of one series reads the primary key backwards and sorts nothing', async () => {
    const plan = await planOf(async (tx) => await newestOfOne(tx, ids[0] ?? 0, stretch(0)))
    expect(indexes(plan)).toEqual(['metric_point_2026_11_pkey'])
    expect(rowsRead(plan)).toBe(100)
    expect(plan.filter((node) => node['Node Type'] === 'Sort')).toEqual([])
  })

  it('of few series over a long time stops reading when the page is full', async () => {
    const plan = await planOf(async (tx) => await newestOfSeries(tx, ids.slice(0, 2), stretch(0)))
    expect(tables(plan)).toEqual(['metric_point_2026_11'])
    expect(rowsRead(plan)).toBe(2 * 100)
  })

  it('of a stretch with listed series reads the primary key', async () => {
    const plan = await planOf(
      async (tx) => await newestOfStretch(tx, ids.slice(0, 3), 1_000, stretch(NOON - 24 * HOUR)),
    )
    expect(indexes(plan)).toEqual(['metric_point_2026_11_pkey'])
    expect(rowsRead(plan)).toBe(3 * 25)
  })

  it('of a stretch without a filter reads the BRIN', async () => {
    const whole = { tenantId: tenant, serviceName: undefined, metricType: undefined, unit: undefined, labels: [] }
    const plan = await planOf(async (tx) => await newestOfStretch(tx, whole, 50_000, stretch(NOON - HOUR)))
    expect(indexes(plan)).toEqual(['metric_point_2026_11_ts_idx'])
  })

  it('of a stretch that holds too much stops reading', async () => {
    const plan = await planOf(async (tx) => await newestOfStretch(tx, ids, 500, stretch(NOON - 24 * HOUR)))
    expect(rowsRead(plan)).toBe(501)
  })

  it('of an aggregate reads the range of its series and sorts hours, not points', async () => {
    const dense = await addSeries(database, tenant, { service: 'dense' })
    await database.query(
      `insert into metric_point (tenant_id, series_id, ts, value)
       select $1, $2, '2026-11-20 10:00:00+00'::timestamptz + i * interval '1 second', i from generate_series(0, 7199) i`,
      [tenant, dense],
    )
    const plan = await planOf(async (tx) => await sumHours(tx, summing({ ids: [...ids.slice(0, 3), dense] })))
    expect(indexes(plan)).toContain('metric_point_2026_11_pkey')
    expect(rowsRead(plan)).toBe(3 * 169 + 7_200)
    const sorted = plan.filter((node) => node['Node Type'] === 'Sort').map((node) => node['Actual Rows'])
    expect(Math.max(0, ...sorted)).toBeLessThanOrEqual(3 * 169 + 2)
  })

  it('of roll-ups reads their primary key, and points of the hours that are invalid alone, however many there are', async () => {
    const invalid = 300
    await database.query(
      `insert into metric_rollup (tenant_id, series_id, bucket, count, sum, min, max)
       select tenant_id, series_id, ts, 1, value, value, value from metric_point where series_id = any($1)`,
      [ids.slice(0, 10)],
    )
    // The planner has not heard of them.
    await database.query(
      `insert into rollup_invalidation (tenant_id, series_id, bucket)
       select $1, $2, '2026-11-01 00:00:00+00'::timestamptz + i * interval '1 hour' from generate_series(1, $3::int) i`,
      [tenant, ids[0], invalid],
    )
    const rollups = [{ from: NOON - 30 * 24 * HOUR, to: NOON - 1 }]
    const plan = await planOf(async (tx) => await sumHours(tx, summing({ rollups, points: [] })))
    expect(indexes(plan)).toEqual([
      'metric_point_2026_11_pkey',
      'metric_rollup_2026_10_pkey',
      'metric_rollup_2026_11_pkey',
      'rollup_invalidation_bucket',
    ])
    expect(rowsRead(plan)).toBe(invalid)
    expect(plan.filter((node) => node['Actual Loops'] > 2 * invalid)).toEqual([])

    await database.query(`update rollup_mark set fence = '2026-12-01Z', watermark = '2026-12-01Z'`)
    const hour = parseTimestamp('2026-11-02T00:00:00Z') as number
    const before = await planOf(
      async (tx) => await selectState(tx, { tenantId: tenant, from: hour - 30 * 24 * HOUR, to: hour - 24 * HOUR }),
    )
    expect(indexes(before)).toContain('rollup_invalidation_tenant')
  })

  const summing = (changes: Partial<Summing>): Summing => ({
    tenantId: tenant,
    rollups: [],
    awayRollups: [],
    points: [{ from: NOON - 7 * 24 * HOUR, to: NOON }],
    ids: ids.slice(0, 3),
    groups: null,
    width: '1 day',
    fractions: [],
    limit: 100,
    ...changes,
  })
})
