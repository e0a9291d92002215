import type { ServicePrincipal, TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ingestDeps } from '../../../test/support/points/ingest-deps.ts'
import { makeLive, storedPoints } from '../../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { type AddressedPush, type PushDeps, takePush } from './push-handler.ts'

const clock = Date.UTC(2026, 10, 20, 12)
const now = () => clock
let db: TestDatabase
let database: PenstockDatabase
let deps: PushDeps
let acme: number
let other: number
beforeAll(async () => {
  db = await createTestDatabase()
  acme = await createTenant(db, 'acme')
  other = await createTenant(db, 'other')
  await makeLive(db, '2026-11-01')
  database = db.openAs('metrics-ingest-pubsub')
  deps = instance()
})
beforeEach(async () => void (await db.query('truncate metric_log, dead_letter, idempotency_key')))
afterAll(async () => await db.drop())

/** An instance of the function: its own slots of timestamps, its own memory of series. */
const instance = (): PushDeps => ingestDeps(database, now)
const service: ServicePrincipal = { kind: 'service', name: 'service:push@x', email: 'push@x' }
const metric = (value: unknown, more: object = {}) => ({
  service_name: 's',
  metric_type: 't',
  metric_value: value,
  unit: 'C',
  ...more,
})
const push = (
  data: unknown,
  { id = '17', attributes = {}, ...more }: Partial<AddressedPush> & { id?: string; attributes?: object } = {},
): AddressedPush => ({
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(
    JSON.stringify({
      message: {
        data: (Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data))).toString('base64'),
        attributes,
        messageId: id,
        publishTime: '2026-11-20T11:00:00.123Z',
      },
      subscription: 'projects/p/subscriptions/s',
    }),
  ),
  tenant: 'acme',
  multiTenant: false,
  ...more,
})
const letters = async () =>
  await db.query<{ tenant_id: number | null; reason: string; detail: string; payload: Buffer }>(
    'select tenant_id, source, message_id, reason, detail, payload from dead_letter order by id',
  )
const byValue = (a: readonly number[], b: readonly number[]) => (a[1] ?? 0) - (b[1] ?? 0)
const values = async () => (await storedPoints(db)).map((row) => row.value).sort((a, b) => a - b)

describe('a push', () => {
  it.each([
    ['one metric', metric(1), [1]],
    ['an array', [metric(1), metric(2)], [1, 2]],
    ['{ metrics: […] }', { metrics: [metric(1), metric(2)] }, [1, 2]],
    ['no metrics', [], []],
  ])('stores %s', async (_, data, expected) => {
    await takePush(deps, service, push(data))
    expect(await values()).toEqual(expected)
    expect(await letters()).toEqual([])
  })

  it('gives entries without a timestamp instants that are distinct in a message and the same on redelivery', async () => {
    const message = push([metric(1), metric(2), metric(3)])
    await takePush(deps, service, message)
    const first = await storedPoints(db)
    await takePush(deps, service, message)
    expect(await storedPoints(db)).toEqual(first)
    const millisecond = Date.UTC(2026, 10, 20, 11, 0, 0, 123) * 1000
    expect(first.map((row) => row.at - millisecond).every((us) => us >= 0 && us < 10_000)).toBe(true)
    expect(first).toHaveLength(3)
    await takePush(deps, service, push(metric(4), { id: '18' }))
    expect(await storedPoints(db)).toHaveLength(4)
  })

  it('stores every entry of messages that were published at one time, whichever instances get them, however often', async () => {
    const messages = Array.from({ length: 20 }, (_, i) =>
      push(
        Array.from({ length: 50 }, (_, k) => metric(i * 50 + k)),
        { id: `m${i}` },
      ),
    )
    const [one, two, three] = [instance(), instance(), instance()]
    const deliver = async (to: PushDeps, message: AddressedPush) => await takePush(to, service, message)
    await Promise.all(messages.map(async (message, i) => await deliver(i % 2 ? one : two, message)))
    const stored = await storedPoints(db)
    expect(stored).toHaveLength(1_000)
    await Promise.all(messages.map(async (message) => await deliver(three, message)))
    expect(await storedPoints(db)).toEqual(stored)
  })

  it('that comes again after a part of it was refused meets what was stored, and adds what has room now', async () => {
    const at = (label: number) => metric(label, { metric_metadata: { label: `l${label}` } })
    await db.query('update tenant set series_limit = series_count + 1 where id = $1', [acme])
    const message = push([at(1), at(2), at(1), at(2)])
    await takePush(instance(), service, message)
    const before = await storedPoints(db)
    expect(before).toHaveLength(2)
    await db.query('update tenant set series_limit = 100000 where id = $1', [acme])
    await takePush(instance(), service, message)
    const after = await storedPoints(db)
    expect(after).toHaveLength(4)
    expect(after).toEqual(expect.arrayContaining(before))
  })

  it('is remembered for seven days, and only where an entry has no timestamp', async () => {
    await takePush(deps, service, push(metric(1, { timestamp: '2026-11-20T11:00:00Z' })))
    expect(await db.query('select from idempotency_key')).toEqual([])
    await takePush(deps, service, push([metric(1, { timestamp: '2026-11-20T11:00:00Z' }), metric(2)]))
    const [row] = await db.query<{ days: number }>(
      `select round(extract(epoch from expires_at - now()) / 86400)::int as days from idempotency_key`,
    )
    expect(row?.days).toBe(7)
  })

  it('that is being stored by another instance comes again later', async () => {
    const running = { ...instance(), store: async () => await Promise.resolve({ kind: 'running' } as const) }
    await expect(takePush(running, service, push(metric(1)))).rejects.toMatchObject({ kind: { status: 503 } })
    expect(await letters()).toEqual([])
  })

  it('keeps what can never be decoded, once however often it comes, and stores nothing', async () => {
    const poison = [
      push(Buffer.from('no json')),
      push(Buffer.from([0xff, 0x00])),
      push('text'),
      push({ sensor: 1 }),
      { ...push(1), body: Buffer.from('{') },
    ]
    for (const [i, one] of poison.entries()) {
      const message = { ...one, body: Buffer.from(one.body.toString().replace('"17"', `"${i}"`)) }
      await takePush(deps, service, message)
      await takePush(deps, service, message)
    }
    const kept = await letters()
    expect(kept.map((letter) => letter.reason)).toEqual([
      'not_metrics',
      'not_metrics',
      'not_metrics',
      'invalid',
      'not_json',
    ])
    expect(kept.every((letter) => letter.tenant_id === acme)).toBe(true)
    expect(kept[0]?.payload.toString()).toContain(Buffer.from('no json').toString('base64'))
    expect(await values()).toEqual([])
  })

  it('keeps messages without an id apart by what they hold', async () => {
    for (const body of ['{', '[', '{']) await takePush(deps, service, { ...push(1), body: Buffer.from(body) })
    expect((await letters()).map((letter) => letter.payload.toString())).toEqual(['{', '['])
  })

  it('keeps the whole message where a refused entry is nested too deep to be written again', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const message = push(Buffer.from(`[${JSON.stringify(metric(1))},${deep}]`))
    await takePush(deps, service, message)
    expect(await values()).toEqual([1])
    expect(await letters()).toMatchObject([{ reason: 'invalid', payload: message.body }])
  })

  it('keeps the whole message where more than 1,000 entries are refused', async () => {
    const message = (refused: number) =>
      push([metric(1), ...Array.from({ length: refused }, () => 1)], { id: String(refused) })
    for (const count of [1_000, 1_001]) await takePush(deps, service, message(count))
    const [some, whole] = await letters()
    expect(JSON.parse(some?.payload.toString() ?? '').entries).toHaveLength(1_000)
    expect(whole?.payload).toEqual(message(1_001).body)
  })

  it('keeps a message that holds more than can be taken apart', async () => {
    const ones = (count: number, each = '1') => Buffer.from(`[${`${each},`.repeat(count - 1)}${each}]`)
    const long = JSON.stringify('x'.repeat(29))
    const poison = [ones(1_000_001), ones(100_001, long), ones(100_000, long), ones(10_001), ones(10_000)]
    for (const [i, data] of poison.entries()) await takePush(deps, service, push(data, { id: String(i) }))
    expect((await letters()).map((letter) => letter.reason)).toEqual([
      'not_metrics',
      'too_many_metrics',
      'invalid',
      'too_many_metrics',
      'invalid',
    ])
  })

  it('keeps messages apart whose ids are too long for an index', async () => {
    const id = [...Array.from({ length: 900 }).keys()].map((i) => String.fromCodePoint(0x4e00 + ((i * 7_919) % 20_000)))
    const long = (last: string) => push(Buffer.from('no json'), { id: `${id.join('')}${last}` })
    const named = (last: string): AddressedPush => {
      const body = long(last)
        .body.toString()
        .replace('projects/p', `projects/${id.toReversed().join('')}`)
      return { ...long(last), body: Buffer.from(body) }
    }
    for (const message of [named('a'), named('b'), named('a')]) await takePush(deps, service, message)
    expect((await letters()).map((letter) => letter.reason)).toEqual(['not_metrics', 'not_metrics'])
  })

  it('stores the good entries of a message and keeps the refused ones, with their places', async () => {
    await takePush(
      deps,
      service,
      push([metric(1), metric('bad'), metric(3), metric(4, { timestamp: '1970-01-01T00:00:00Z' })], {
        attributes: { site: 'x' },
      }),
    )
    expect(await values()).toEqual([1, 3])
    const [letter] = await letters()
    expect(letter?.detail).toMatch(/^2 of 4 entries were rejected: metric_value /)
    expect(JSON.parse(letter?.payload.toString() ?? '')).toMatchObject({
      message: { messageId: '17', attributes: { site: 'x' } },
      entries: [
        { index: 1, code: 'invalid', entry: metric('bad') },
        { index: 3, code: 'too_old' },
      ],
    })
  })

  it('lets the attribute decide the tenant only where the subscription says so', async () => {
    const attributes = { tenant: 'other' }
    await takePush(deps, service, push(metric(1), { attributes }))
    await takePush(deps, service, push(metric(2), { attributes, multiTenant: true }))
    await takePush(deps, service, push(metric(3), { id: '18', multiTenant: true }))
    expect((await storedPoints(db)).map((row) => [row.tenant, row.value]).sort(byValue)).toEqual([
      [acme, 1],
      [other, 2],
      [acme, 3],
    ])
  })

  it('takes the tenant of an API key, whatever URL and attribute say', async () => {
    const key: TenantPrincipal = {
      kind: 'tenant',
      name: 'key:k',
      tenant: { id: other, name: 'other', seriesLimit: 100, ignoredLabels: [] },
      scopes: ['metrics:write'],
    }
    await takePush(deps, key, push(metric(1), { attributes: { tenant: 'acme' }, multiTenant: true }))
    expect((await storedPoints(db)).map((row) => row.tenant)).toEqual([other])
  })

  it('keeps messages of an unknown and of a suspended tenant', async () => {
    await db.query(`insert into tenant (name, status) values ('asleep', 'suspended')`)
    await takePush(deps, service, push(metric(1), { tenant: 'nobody' }))
    await takePush(deps, service, push(metric(1), { tenant: 'asleep' }))
    expect((await letters()).map((letter) => [letter.tenant_id === null, letter.reason])).toEqual([
      [true, 'unknown_tenant'],
      [false, 'tenant_suspended'],
    ])
    expect(await values()).toEqual([])
  })

  it('is not acknowledged when its subscription names no tenant', async () => {
    await expect(takePush(deps, service, push(metric(1), { tenant: undefined }))).rejects.toMatchObject({
      kind: { status: 422 },
    })
  })

  it('is not acknowledged in trouble of ours, and nothing becomes a dead letter', async () => {
    const troubled = { ...deps, store: async () => await Promise.reject(busy('down')) }
    await expect(takePush(troubled, service, push([metric(1), metric('bad')]))).rejects.toMatchObject({
      kind: { status: 503 },
    })
    expect(await letters()).toEqual([])
  })
})
