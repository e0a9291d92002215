import { parseTimestamp } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { placedColumns } from '../../test/support/points/placed-columns.ts'
import { createTenant } from '../../test/support/postgres/database.ts'
import { type LogDatabase, openLog } from '../../test/support/postgres/log-database.ts'
import type { WriteRequest } from './write-request.ts'
import { createWriter } from './writer.ts'

const AT = parseTimestamp('2026-11-20T00:00:00Z') ?? 0
const OLD = parseTimestamp('2020-01-31T23:59:59.999999Z') ?? 0

let log: LogDatabase
let db: PenstockDatabase
let tenant: number
let series: number
beforeAll(async () => {
  log = await openLog([])
  db = log.open('metrics-ingest')
})
afterAll(async () => await log.close())
beforeEach(async () => {
  tenant = await createTenant(log.db)
  series = (await log.series(7, tenant)).id
})

const request = (times: readonly number[], value = 1, strict = true): WriteRequest => ({
  points: placedColumns(times.map((at, index) => ({ index, series, block: 7, at, value }))),
  epoch: 0,
  strict,
  idempotency: null,
})
const written = (stored: number, expired: readonly number[] = []) => ({ kind: 'written', stored, deferred: 0, expired })
const stored = async () =>
  await log.db.query('select ts, value from stored_point where tenant_id = $1 order by ts', [tenant])

describe('a write to the log', () => {
  it('stores points of any month at once, and needs no partition', async () => {
    const store = createWriter({ db, now: Date.now })
    expect(await store(tenant, request([AT, OLD, AT]))).toEqual(written(2))
    expect(await stored()).toEqual([
      { ts: '2020-01-31 23:59:59.999999+00', value: 1 },
      { ts: '2026-11-20 00:00:00+00', value: 1 },
    ])
  })

  it('refuses points that have expired, alone where the request is lenient', async () => {
    await log.db.query(`insert into metric_expiry values ($1, '2020-02-01 00:00:00+00')`, [tenant])
    const store = createWriter({ db, now: Date.now })
    expect(await store(tenant, request([AT, OLD]))).toEqual({ kind: 'refused', stored: 0, deferred: 0, expired: [1] })
    expect(await stored()).toEqual([])
    expect(await store(tenant, request([OLD, AT, OLD + 1], 2, false))).toEqual(written(2, [0]))
    expect((await stored()).map(({ ts }) => ts)).toEqual(['2020-02-01 00:00:00+00', '2026-11-20 00:00:00+00'])
  })

  it('gives each member of a group its own outcome, and of one point the later member wins', async () => {
    const store = createWriter({ db, now: Date.now })
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map(async (value) => await store(tenant, request([AT, AT + value], value))),
    )
    expect(outcomes).toEqual(outcomes.map(() => written(2)))
    expect((await stored()).map(({ value }) => value)).toEqual([5, 1, 2, 3, 4, 5])
  })

  it('does not wait for whoever holds the lock of the rows', async () => {
    const store = createWriter({ db, now: Date.now })
    await store(tenant, request([AT]))
    const client = await log.db.connect()
    await client.query('select pg_advisory_lock(7301001)')
    expect(await store(tenant, request([AT + 1]))).toEqual(written(1))
    await client.end()
  })
})
