import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { countUsage } from '@penstock/shared/report/usage.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeLive, storedPoints } from '../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { readPreferences } from './answers.ts'
import type { LenientAnswer, StoredMetric } from './contract.ts'
import { type EchoDeps, ingest } from './handler.ts'
import { batchReply, oneReply } from './replies.ts'
import { createStamps } from './stamps.ts'
import { createWriter } from './writer.ts'

let clock = Date.UTC(2026, 10, 20, 12)
const now = () => clock
let db: TestDatabase
let database: PenstockDatabase
let caller: TenantPrincipal
beforeAll(async () => {
  db = await createTestDatabase()
  await makeLive(db, '2026-11-01')
  // The tests of the pool cover connections that are not free in time. Here callers wait, however busy the machine is.
  database = db.openAs('metrics-ingest', { acquireTimeoutMs: 30_000 })
})
beforeEach(async () => {
  await db.query('truncate metric_log')
  const id = await createTenant(db)
  caller = {
    kind: 'tenant',
    name: 'key:k',
    tenant: { id, name: 't', seriesLimit: 100_000, ignoredLabels: [] },
    scopes: ['metrics:write'],
  }
})
afterAll(async () => await db.drop())

/** An instance of the function: its own clock of stamps, its own memory of series. */
const instance = (): EchoDeps => ({
  now,
  limits: { earliestYear: 2010, maxAheadHours: 24 },
  pointIds: openPointIds(Buffer.alloc(16)),
  stamp: createStamps({ db: database, now }),
  series: createSeriesResolver({ db: database, now }),
  store: createWriter({ db: database, now: Date.now }),
  takePoints: async () => {},
  usage: countUsage(),
})
const metric = (more: object = {}) => ({ service_name: 's', metric_type: 't', metric_value: 1, unit: 'C', ...more })
const at = (secondsAgo: number) => formatTimestamp((clock - secondsAgo * 1000) * 1000)

async function send(
  entries: readonly unknown[],
  { prefer = '', key = undefined as string | undefined, deps = instance() } = {},
) {
  const preferences = readPreferences(prefer)
  const idempotency = readIdempotencyKey(key, `/batch ${preferences.strict}`, Buffer.from(JSON.stringify(entries)))
  const reply = batchReply(
    preferences,
    await ingest(deps, caller, { entries: [...entries], pointerOf: (i) => `/${i}`, preferences, idempotency }),
  )
  const body: unknown = reply.text === undefined ? reply.json : JSON.parse(reply.text)
  return { body, applied: reply.headers?.['preference-applied'] }
}
const values = async () => (await storedPoints(db)).map((row) => row.value).sort((a, b) => a - b)

describe('a batch', () => {
  it.each([
    ['return=minimal', undefined, 0],
    ['handling=lenient', undefined, 0],
    ['', undefined, 1],
    ['return=minimal', 'k', 1],
  ])(
    'sent with the preference %o and the key %o holds %d of its parsed entries while it waits',
    async (prefer, key, held) => {
      const entries: unknown[] = [metric()]
      const preferences = readPreferences(prefer)
      const idempotency = readIdempotencyKey(key, `/batch ${preferences.strict}`, Buffer.from('[]'))
      let waiting = -1
      const deps: EchoDeps = {
        ...instance(),
        async store(_tenant, { points }) {
          waiting = entries.length
          return { kind: 'written', stored: points.length, deferred: 0, expired: [] }
        },
      }

      const { minimal } = await ingest(deps, caller, { entries, pointerOf: (i) => `/${i}`, preferences, idempotency })

      expect(minimal).toEqual({ accepted: 1 })
      expect(waiting).toBe(held)
    },
  )

  it('is echoed in request order with exactly the fields of the contract, labels as they were given', async () => {
    const labels = { b: 1, a: { y: null, x: [1] } }
    const { body } = await send([
      metric({ metric_value: 2, timestamp: at(5), metric_metadata: labels }),
      metric({ timestamp: at(9) }),
    ])
    expect(body).toEqual([
      { id: expect.any(String), ...metric({ metric_value: 2 }), timestamp: at(5), metric_metadata: labels },
      { id: expect.any(String), ...metric(), timestamp: at(9), metric_metadata: null },
    ])
    expect(Object.keys((body as [StoredMetric])[0].metric_metadata ?? {})).toEqual(['b', 'a'])
  })

  it('is answered [] when it is empty', async () => {
    expect((await send([])).body).toEqual([])
    expect((await send([], { prefer: 'return=minimal' })).body).toEqual({ accepted: 0 })
  })

  it('is refused whole for one bad entry, and each bad field is pointed at', async () => {
    const bad = [metric(), metric({ unit: 'x'.repeat(21) }), metric(), metric({ metric_value: 'x', service_name: '' })]
    await expect(send(bad)).rejects.toMatchObject({
      kind: { status: 422 },
      errors: [{ pointer: '/1/unit' }, { pointer: '/3/service_name' }, { pointer: '/3/metric_value' }],
    })
    expect(await values()).toEqual([])
  })

  it('lists at most a hundred errors and counts the rest', async () => {
    const error = await send(Array.from({ length: 300 }, () => 'x')).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ detail: expect.stringContaining('300 errors in all') })
    expect((error as { errors: unknown[] }).errors).toHaveLength(100)
  })

  it('keeps its good entries when it is lenient, and says which were refused and why', async () => {
    const entries = [
      metric({ metric_value: 1, timestamp: at(1) }),
      'nonsense',
      metric({ metric_value: 2, timestamp: at(2) }),
      metric({ timestamp: at(-90_000) }),
    ]
    const { body, applied } = await send([...entries, metric({ metric_value: 3, timestamp: '2020-01-01T00:00:00Z' })], {
      prefer: 'handling=lenient',
    })
    expect(body).toEqual({
      accepted: 3,
      deferred: 0,
      rejected: [
        { index: 1, code: 'invalid', detail: expect.any(String) },
        {
          index: 3,
          code: 'too_far_ahead',
          detail: "timestamp must not be more than 24 hours ahead of the server's clock",
        },
      ],
    })
    expect(applied).toBe('handling=lenient')
    expect(await values()).toEqual([1, 2, 3])
  })

  it('answers the number of distinct points, old ones too, when the caller wants no more', async () => {
    const entries = [
      metric({ timestamp: at(1) }),
      metric({ timestamp: at(1) }),
      metric({ timestamp: '2020-01-01T00:00:00Z' }),
    ]
    expect(await send(entries, { prefer: 'return=minimal' })).toEqual({
      body: { accepted: 2 },
      applied: 'return=minimal',
    })
  })

  it('becomes minimal, and says so, when its echo would pass 24 MiB', async () => {
    const metric_metadata = { text: 'x'.repeat(4_000) }
    const entries = Array.from({ length: 6_500 }, (_, i) => metric({ timestamp: at(i), metric_metadata }))
    expect(await send(entries)).toEqual({ body: { accepted: 6_500 }, applied: 'return=minimal' })
  })

  it('stores 10,000 posts of 64 clients without timestamps as 10,000 points', async () => {
    const deps = instance()
    const posts = Array.from({ length: 10_000 }, (_, i) => i)
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        for (let i = posts.pop(); i !== undefined; i = posts.pop())
          await send([metric({ metric_value: i })], { deps, prefer: 'return=minimal' })
      }),
    )
    expect(await values()).toHaveLength(10_000)
  }, 120_000)
})

describe('several instances', () => {
  it('store as many points of one series as they acknowledge, singles and batches without timestamps', async () => {
    const instances = [instance(), instance(), instance(), instance()]
    const accepted = await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        const entries = Array.from({ length: i % 3 === 0 ? 100 : 1 }, (_, k) => metric({ metric_value: i * 100 + k }))
        const { body } = await send(entries, { deps: instances[i % 4] ?? instance(), prefer: 'return=minimal' })
        return (body as { accepted: number }).accepted
      }),
    )
    const acknowledged = accepted.reduce((sum, count) => sum + count, 0)
    expect(acknowledged).toBe(4_080)
    expect(new Set(await values()).size).toBe(acknowledged)
  }, 120_000)
})

describe('the series limit', () => {
  beforeEach(async () => {
    await db.query('update tenant set series_limit = 1 where id = $1', [caller.tenant.id])
    caller = { ...caller, tenant: { ...caller.tenant, seriesLimit: 1 } }
  })
  const two = [metric({ timestamp: at(1) }), metric({ timestamp: at(1), metric_metadata: { request: 1 } })]

  it('refuses a strict request, naming itself', async () => {
    await expect(send(two)).rejects.toMatchObject({
      kind: { status: 422, slug: 'series_limit_reached' },
      errors: [{ pointer: '/1' }],
    })
    expect(await values()).toEqual([])
  })

  it('refuses the entries of a lenient one for which there is no room', async () => {
    const { body } = await send(two, { prefer: 'handling=lenient' })
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'series_limit_reached' }] })
  })
})

describe('an idempotency key', () => {
  it('gives an equal answer again, from another instance and later, though the server gave the timestamps', async () => {
    const first = await send([metric(), metric({ metric_value: 2 })], { key: 'a' })
    clock += 3_600_000
    expect(await send([metric(), metric({ metric_value: 2 })], { key: 'a' })).toEqual(first)
    expect(await values()).toEqual([1, 2])
  })

  it('gives the same verdicts again although clock and limit have moved on', async () => {
    await db.query('update tenant set series_limit = 1 where id = $1', [caller.tenant.id])
    const entries = [
      metric(),
      metric({ metric_metadata: { a: 1 } }),
      metric({ timestamp: at(-86_401) }),
      'x',
      metric({ timestamp: '2020-01-01T00:00:00Z' }),
    ]
    const first = await send(entries, { key: 'b', prefer: 'handling=lenient' })
    expect((first.body as LenientAnswer).rejected.map(({ code }) => code)).toEqual([
      'series_limit_reached',
      'too_far_ahead',
      'invalid',
    ])
    await db.query('update tenant set series_limit = 100 where id = $1', [caller.tenant.id])
    clock += 3_600_000
    expect(await send(entries, { key: 'b', prefer: 'handling=lenient' })).toEqual(first)
    expect(await values()).toHaveLength(2)
  })

  it('remembers which of 10,000 entries were refused in less than 16 KiB', async () => {
    await db.query('update tenant set series_limit = 1 where id = $1', [caller.tenant.id])
    const entries = Array.from({ length: 10_000 }, (_, i) => metric(i % 2 ? { metric_metadata: { i } } : {}))
    const first = await send(entries, { key: 'c', prefer: 'handling=lenient' })
    expect((first.body as LenientAnswer).rejected).toHaveLength(5_000)
    expect(await send(entries, { key: 'c', prefer: 'handling=lenient' })).toEqual(first)
  })

  it('is 422 for another payload, and 422 when it is no key', async () => {
    await send([metric()], { key: 'd' })
    await expect(send([metric({ metric_value: 2 })], { key: 'd' })).rejects.toMatchObject({ kind: { status: 422 } })
    for (const key of ['', 'x'.repeat(256), 'a b', 'ü'])
      await expect(send([metric()], { key })).rejects.toMatchObject({ kind: { status: 422 } })
    await send([metric()], { key: 'x'.repeat(255) })
  })

  it('is 409 for all but one of fifty at once, or an equal answer', async () => {
    const deps = instance()
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, async () => await send([metric()], { key: 'e', deps })),
    )
    const answers = all.flatMap((result) => (result.status === 'fulfilled' ? [JSON.stringify(result.value)] : []))
    expect(new Set(answers).size).toBe(1)
    for (const result of all)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: { status: 409 } })
    expect(await values()).toEqual([1])
  })
})

describe('a single metric', () => {
  it('is answered as an object, or as a count', async () => {
    const one = async (prefer: string) => {
      const preferences = readPreferences(prefer)
      return oneReply(
        preferences,
        await ingest(instance(), caller, { entries: [metric()], pointerOf: () => '', preferences, idempotency: null }),
      )
    }
    expect(JSON.parse((await one('')).text ?? '')).toMatchObject(metric())
    expect((await one('return=minimal')).json).toEqual({ accepted: 1 })
  })
})

describe('Prefer', () => {
  it.each([
    ['', { strict: true, echo: true }],
    ['return=minimal', { strict: true, echo: false }],
    ['Return = "minimal"; x=1 , respond-async', { strict: true, echo: false }],
    ['handling=lenient', { strict: false, echo: false }],
    ['return=minimal, handling=lenient', { strict: false, echo: false }],
    ['handling=strict, handling=lenient', { strict: true, echo: true }],
    ['return=maximal,=,;', { strict: true, echo: true }],
  ])('%j is read as %j', (header, expected) => expect(readPreferences(header)).toEqual(expected))

  it.each(['a b', 'return=a b'])('is read in time, however many blanks are in %j', (header) => {
    const begun = performance.now()
    readPreferences(header.replaceAll(' ', ' '.repeat(60_000)))
    expect(performance.now() - begun).toBeLessThan(200)
  })
})
