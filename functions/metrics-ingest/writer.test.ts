import type { PenstockDatabase } from '@penstock/shared/database/database.ts'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PlacedPoint, placedColumns } from '../../test/support/points/placed-columns.ts'
import { storedPoints } from '../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { IdempotencyClaim, WriteRequest } from './write-request.ts'
import { createWriter } from './writer.ts'

const live = Date.UTC(2026, 10, 10) * 1000
const expired = Date.UTC(2020, 0, 10) * 1000
const point = (at: number, value: number, index = 0, series = 1) => ({ index, series, at, value })
const request = (points: readonly PlacedPoint[], more: Partial<WriteRequest> = {}): WriteRequest => ({
  points: placedColumns(points),
  epoch: 0,
  strict: false,
  idempotency: null,
  ...more,
})
const claim = (key: string, payload = 'aa'.repeat(32)): IdempotencyClaim => ({
  key,
  payload,
  verdicts: ({ stored, deferred }) => ({ stored, deferred }),
})

let db: TestDatabase
let database: PenstockDatabase
let tenant: number
beforeAll(async () => {
  db = await createTestDatabase()
  tenant = await createTenant(db)
  await db.query(`insert into metric_expiry values ($1, '2020-02-01Z')`, [tenant])
  database = db.openAs('metrics-ingest')
})
beforeEach(async () => void (await db.query('truncate metric_log, idempotency_key')))
afterAll(async () => await db.drop())
const writer = () => createWriter({ db: database, now: Date.now })
/** Returns the values of all points as a reader sees them: of an instant, the value that was written last. */
const values = async () => [
  ...new Map((await storedPoints(db)).map(({ series, at, value }) => [`${series} ${at}`, value])).values(),
]
/** Stops every write until it is released. */
async function stopWrites(): Promise<() => Promise<void>> {
  const client = await db.connect()
  await client.query('begin; lock table metric_log in exclusive mode')
  return async () => {
    await client.query('commit')
    await client.end()
  }
}

describe('the write path', () => {
  it('stores points, and says how many of them are distinct', async () => {
    const points = [point(live, 1), point(live, 2, 1), point(live + 1, 3, 2)]
    expect(await writer()(tenant, request(points))).toEqual({ kind: 'written', stored: 2, deferred: 0, expired: [] })
    expect(await values()).toEqual([2, 3])
  })

  it('lets the last accepted write win', async () => {
    const store = writer()
    await store(tenant, request([point(live, 1)]))
    await store(tenant, request([point(live, 2)]))
    expect(await values()).toEqual([2])
  })

  it('lets the later request of a group win', async () => {
    const store = writer()
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => store(tenant, request([point(live, i), point(live + i + 1, i)]))),
    )
    expect((await values())[0]).toBe(49)
    expect(await values()).toHaveLength(51)
  })

  it('rejects points of a month whose archive has expired, each entry of them, and stores the rest', async () => {
    const points = [point(expired, 1, 0), point(live, 2, 1), point(expired, 3, 2)]
    expect(await writer()(tenant, request(points))).toEqual({
      kind: 'written',
      stored: 1,
      deferred: 0,
      expired: [0, 2],
    })
  })

  it('stores nothing of a strict request that has such a point', async () => {
    const outcome = await writer()(tenant, request([point(live, 1), point(expired, 2, 1)], { strict: true }))
    expect(outcome).toEqual({ kind: 'refused', stored: 0, deferred: 0, expired: [1] })
    expect(await values()).toEqual([])
  })

  it('stores every microsecond as it is', async () => {
    await writer()(
      tenant,
      request([point(live + 123_457, 0.1 + 0.2), point(live + 123_458, 5e-324, 1), point(live + 123_459, -1e150, 2)]),
    )
    expect(await storedPoints(db)).toMatchObject([
      { at: live + 123_457, value: 0.1 + 0.2 },
      { at: live + 123_458, value: 5e-324 },
      { at: live + 123_459, value: -1e150 },
    ])
  })

  it('survives the end of its backend, without loss and without a second copy', async () => {
    const store = writer()
    const acknowledged: number[] = []
    let before = -1
    const killer = setInterval(() => {
      // Not twice without a success in between, or on a busy machine nothing would ever get through.
      if (acknowledged.length === before) return
      before = acknowledged.length
      void db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'penstock_metrics_ingest'`,
      )
    }, 30)
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 3))
        await store(tenant, request([point(live + i, i)])).then(
          () => acknowledged.push(i),
          () => {},
        )
      }),
    )
    clearInterval(killer)
    const stored = new Set(await values())
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(acknowledged.filter((i) => !stored.has(i))).toEqual([])
    expect(await values()).toHaveLength(stored.size)
  })
})

describe('an idempotency key', () => {
  it('gives the first outcome again, also to another instance, and stores nothing more', async () => {
    const first = request([point(live, 1)], { idempotency: claim('k1') })
    await writer()(tenant, first)
    await db.query('delete from metric_log')
    expect(await writer()(tenant, first)).toEqual({ kind: 'repeated', verdicts: { stored: 1, deferred: 0 } })
    expect(await values()).toEqual([])
  })

  it('refuses another payload', async () => {
    await writer()(tenant, request([point(live, 1)], { idempotency: claim('k2') }))
    expect(await writer()(tenant, request([point(live, 2)], { idempotency: claim('k2', 'bb'.repeat(32)) }))).toEqual({
      kind: 'mismatch',
    })
    expect(await values()).toEqual([1])
  })

  it('belongs to its tenant', async () => {
    const other = await createTenant(db)
    await writer()(tenant, request([point(live, 1)], { idempotency: claim('k3') }))
    expect(await writer()(other, request([point(live, 2, 0, 7)], { idempotency: claim('k3') }))).toMatchObject({
      kind: 'written',
    })
  })

  it('says that it is running, here and in another instance, to that request alone', async () => {
    const [here, there] = [writer(), writer()]
    const release = await stopWrites()
    const first = here(tenant, request([point(live, 1)], { idempotency: claim('k4') }))
    expect(await here(tenant, request([point(live, 1)], { idempotency: claim('k4') }))).toEqual({ kind: 'running' })
    await release()
    await first

    // The other instance holds the key's lock to the end of its transaction.
    const gate = await db.connect()
    await gate.query('begin')
    await gate.query(`select pg_advisory_xact_lock(hashtextextended('idempotency ' || ${tenant} || ' ' || 'k5', 0))`)
    const group = await Promise.all([
      there(tenant, request([point(live + 1, 1)])),
      there(tenant, request([point(live + 2, 2)], { idempotency: claim('k5') })),
      there(tenant, request([point(live + 3, 3)])),
    ])
    await gate.query('commit')
    await gate.end()
    expect(group.map((outcome) => outcome.kind)).toEqual(['written', 'running', 'written'])
    expect(await values()).toEqual([1, 1, 3])
  })

  it('is forgotten after 24 hours', async () => {
    await writer()(tenant, request([point(live, 1)], { idempotency: claim('k6') }))
    await db.query(`update idempotency_key set expires_at = now()`)
    expect(
      await writer()(tenant, request([point(live, 2)], { idempotency: claim('k6', 'bb'.repeat(32)) })),
    ).toMatchObject({ kind: 'written' })
    expect(
      await db.query(
        `select encode(payload_sha256, 'hex') as p, round(extract(epoch from expires_at - now()) / 3600)::int as h from idempotency_key`,
      ),
    ).toEqual([{ p: 'bb'.repeat(32), h: 24 }])
  })

  it('is not kept for a request that was refused', async () => {
    await writer()(tenant, request([point(expired, 1)], { strict: true, idempotency: claim('k7') }))
    expect(await db.query('select from idempotency_key')).toEqual([])
  })
})
