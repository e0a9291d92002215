import { describeSeries } from '@penstock/shared/reading/named-series.ts'
// The second belt: asked past row security, as the superuser, every question still keeps to its tenant.

import { parseTimestamp } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../test/support/points/points.ts'
import { addPoints, addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { sumHours, sumPoints, unitsOfSeries } from './aggregate/sum-queries.ts'
import { readPoints } from './months/points.ts'
import {
  findSeriesIds,
  findSummableSeries,
  listSeries,
  newestOfOne,
  newestOfSeries,
  newestOfStretch,
} from './queries.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') as number

let database: TestDatabase
let kysely: Kysely<Database>
let mine: number
let others: number
let tenant: number
beforeAll(async () => {
  database = await createTestDatabase()
  await makeLive(database, '2026-11-01')
  const other = await createTenant(database)
  tenant = await createTenant(database)
  others = await addSeries(database, other)
  mine = await addSeries(database, tenant)
  await addPoints(database, other, others, [[NOON, 666]])
  await addPoints(database, tenant, mine, [[NOON, 1]])
  kysely = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url }) }),
  })
})
afterAll(async () => {
  await kysely.destroy()
  await database.drop()
})

const ask = async <T>(question: (tx: Transaction<Database>) => Promise<T>): Promise<T> =>
  await kysely.transaction().execute(question)

describe('past row security', () => {
  const filter = () => ({ tenantId: tenant, serviceName: 'svc', metricType: undefined, unit: undefined, labels: [] })
  const stretch = () => ({ tenantId: tenant, from: 0, after: { ts: NOON, seriesId: 2 ** 31 }, skip: 0, limit: 9 })
  const window = () => ({ tenantId: tenant, rollups: [], awayRollups: [], points: [{ from: NOON, to: NOON }] })
  const both = () => [others, mine]

  it('only series of the tenant match, are described and listed', async () => {
    expect(await ask((tx) => findSeriesIds(tx, filter(), 9))).toEqual([mine])
    expect((await ask((tx) => findSummableSeries(tx, filter(), undefined, 9))).map((row) => row.id)).toEqual([mine])
    expect((await ask((tx) => describeSeries(tx, tenant, both()))).map((row) => row.id)).toEqual([mine])
    expect((await ask((tx) => listSeries(tx, filter(), 0, 9))).map((row) => row.id)).toEqual([mine])
  })

  it('only points of the tenant are found, by listed series too', async () => {
    const only = { series: Int32Array.of(mine), at: Float64Array.of(NOON), value: Float64Array.of(1) }
    expect(await ask((tx) => newestOfOne(tx, others, stretch()))).toEqual({ at: null, value: null })
    expect(await ask(async (tx) => readPoints(await newestOfSeries(tx, both(), stretch())))).toEqual(only)
    for (const among of [both(), { ...filter(), serviceName: undefined }]) {
      const { total, points } = await ask((tx) => newestOfStretch(tx, among, 9, stretch()))
      expect([total, readPoints(points)]).toEqual([1, only])
    }
  })

  it('only points of the tenant are summed up', async () => {
    const series = [
      { id: others, unit: 'F', group: null },
      { id: mine, unit: 'C', group: null },
    ]
    expect(await ask((tx) => unitsOfSeries(tx, series, window()))).toEqual(['C'])
    for (const groups of [null, [0, 0]]) {
      const summing = { ...window(), ids: both(), groups, width: '1 day', fractions: [0.5], limit: 9 } as const
      expect((await ask((tx) => sumPoints(tx, summing))).map((row) => [row.count, row.percentiles])).toEqual([[1, [1]]])
      expect((await ask((tx) => sumHours(tx, summing))).map(({ count, total }) => [count, total])).toEqual([[1, 1]])
    }
  })
})
