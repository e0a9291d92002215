// The second belt: asked past row security, as the superuser, every question still keeps to its tenant.

import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { describeSeries } from '@penstock/shared/reading/named-series.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../test/support/points/points.ts'
import { addPoints, addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { findSeriesIds, matches } from './queries.ts'
import { findSummedSeries, listStoredSeries } from './stored-queries.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') as number

let database: TestDatabase
let superuser: Client
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
  superuser = new Client({ connectionString: database.url, types: textTypes })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await database.drop()
})

const ask = async <T>(question: (tx: Transaction<Database>) => Promise<T>): Promise<T> =>
  await onOneConnection(superuser).transaction({ tenantId: tenant, readOnly: true }, question)

describe('past row security', () => {
  const filter = () => ({ tenantId: tenant, serviceName: 'svc', metricType: undefined, unit: undefined, labels: [] })
  const asked = () => ({ tenantId: tenant, matching: matches(filter()) })
  const both = () => [others, mine].map((id) => ({ id, block: 0 }))

  it('only series of the tenant match, are described and listed', async () => {
    expect(await ask((tx) => findSeriesIds(tx, filter(), 9))).toEqual([mine])
    expect((await ask((tx) => findSummedSeries(tx, matches(filter()), undefined, 9))).map((row) => row.id)).toEqual([
      mine,
    ])
    expect((await ask((tx) => describeSeries(tx, tenant, [others, mine]))).map((row) => row.id)).toEqual([mine])
    expect((await ask((tx) => listStoredSeries(tx, asked(), 0, 9))).map((row) => row.id)).toEqual([mine])
  })

  it('only points of the tenant are found in the log, by listed series too', async () => {
    const page = { tenantId: tenant, from: 0, after: { ts: NOON, seriesId: 2 ** 31 }, count: 9 }
    for (const series of [null, both()]) {
      const points = await ask((tx) => readNewest(tx, { ...page, series }))
      expect([[...points.series], [...points.value]]).toEqual([[mine], [1]])
    }
    const found = await ask((tx) => readSeries(tx, { tenantId: tenant, series: both(), from: 0, to: NOON }))
    expect([...found.keys()]).toEqual([mine])
  })
})
