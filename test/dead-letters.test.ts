// Dead letters on their way back: stored by the function, replayed by the command's code, through the real front.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { busy } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pushRoutes } from '../functions/metrics-ingest/contract.ts'
import { type AddressedPush, type PushDeps, takePush } from '../functions/metrics-ingest/push/push-handler.ts'
import { replayLetter } from '../scripts/data/dead-letters/replay.ts'
import { countReasons, listLetters, readLetter } from '../scripts/data/dead-letters/store.ts'
import { openTenantKeys, type TenantKeys } from '../scripts/data/dead-letters/tenant-keys.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { edgeConfig } from './support/http/edge-config.ts'
import { ingestDeps } from './support/points/ingest-deps.ts'
import { makeLive, storedPoints } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

const clock = Date.UTC(2026, 10, 20, 12)
const now = () => clock
let db: TestDatabase
let database: PenstockDatabase
let deps: PushDeps
let client: Client
let keys: TenantKeys
let url: string
let isDown = false
const server = createServer()

beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'acme')
  await makeLive(db, '2026-11-01')
  database = db.openAs('metrics-ingest-pubsub')
  deps = ingestDeps(database, now)
  server.on(
    'request',
    createListener('metrics-ingest-pubsub', {
      config: edgeConfig({ checksumKeys: [checksumKey] }),
      db: database,
      routes: pushRoutes,
      handlers: {
        async push({ caller, headers, bytes, query }) {
          if (isDown) throw busy('down')
          await takePush(deps, caller, { headers, body: bytes, tenant: query.tenant, multiTenant: false })
          return { status: 204 }
        },
      },
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  client = await db.connect()
  keys = openTenantKeys({ client, randomBytes, checksumKey })
})
beforeEach(async () => {
  isDown = false
  await db.query('truncate metric_log, dead_letter, idempotency_key')
  await db.query(`update tenant set series_limit = 100000, series_count = 0 where name = 'acme'`)
  await db.query('truncate metric_series')
  deps = { ...deps, series: createSeriesResolver({ db: database, now }) }
})
afterAll(async () => {
  await client.end()
  server.close()
  server.closeAllConnections()
  await db.drop()
})

const service = { kind: 'service', name: 'service:x', email: 'x' } as const
const metric = (value: unknown, more: object = {}) => ({
  service_name: 's',
  metric_type: 't',
  metric_value: value,
  unit: 'C',
  ...more,
})
const push = (data: unknown, more: Partial<AddressedPush> = {}): AddressedPush => ({
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(
    JSON.stringify({
      message: {
        data: Buffer.from(JSON.stringify(data)).toString('base64'),
        messageId: '17',
        publishTime: '2026-11-20T11:00:00.123Z',
      },
      subscription: 's',
    }),
  ),
  tenant: 'acme',
  multiTenant: false,
  ...more,
})
const all = async () => await listLetters(client, {}, { after: '0', upTo: '999999999', limit: 100 })
const replayAll = async (asTenant = 'acme') => {
  const outcomes = []
  for (const { id } of await all()) {
    outcomes.push(await replayLetter({ client, url, keyOf: keys.keyOf }, await readLetter(client, id), asTenant))
  }
  return outcomes
}

describe('a dead letter', () => {
  it('is stored when the reason is gone, near its publish time, and is no more', async () => {
    await db.query(`update tenant set series_limit = 1 where name = 'acme'`)
    const entries = [metric(1), metric(2, { metric_metadata: { a: 1 } }), metric(3, { metric_metadata: { a: 2 } })]
    await takePush(deps, service, push(entries))
    const [first] = await storedPoints(db)
    await db.query(`update tenant set series_limit = 10 where name = 'acme'`)
    expect(await replayAll()).toEqual([{ kind: 'stored' }])
    const stored = await storedPoints(db)
    expect(stored.map((row) => row.value)).toEqual([1, 2, 3])
    expect(stored[0]).toEqual(first)
    const published = Date.UTC(2026, 10, 20, 11, 0, 0, 123) * 1000
    expect(stored.every(({ at }) => at >= published && at < published + 3 * 512)).toBe(true)
    expect(await all()).toEqual([])
  })

  it('of a tenant that there was not is stored for the one that is named', async () => {
    await takePush(deps, service, push(metric(5), { tenant: 'nobody' }))
    expect(await countReasons(client, {})).toEqual([{ reason: 'unknown_tenant', letters: 1 }])
    expect(await replayAll()).toEqual([{ kind: 'stored' }])
    expect((await storedPoints(db)).map((row) => row.value)).toEqual([5])
    expect(await all()).toEqual([])
  })

  it('that came with its metadata in headers has all of it when it is pushed again', async () => {
    const headers = {
      'content-type': 'application/json',
      'x-goog-pubsub-message-id': '18',
      'x-goog-pubsub-publish-time': '2026-11-20T11:00:00.123Z',
      'x-goog-pubsub-subscription-name': 's',
    }
    const body = Buffer.from(JSON.stringify(metric(6)))
    await takePush(deps, service, push(0, { headers, body }))
    const [expected] = await storedPoints(db)
    await db.query('truncate metric_log, idempotency_key')
    await takePush(deps, service, push(0, { headers, body, tenant: 'nobody' }))
    await replayAll()
    expect(await storedPoints(db)).toEqual([{ ...expected, at: (expected?.at ?? 0) + 512 }])
  })

  it('whose entries have no timestamps is stored once, however often it is replayed', async () => {
    await db.query(`update tenant set series_limit = 1 where name = 'acme'`)
    await takePush(deps, service, push([metric(1), metric(2, { metric_metadata: { a: 1 } })]))
    await db.query(`update tenant set series_limit = 10 where name = 'acme'`)
    const [letter] = await all()
    const kept = await readLetter(client, letter?.id ?? '')
    const replay = async () => await replayLetter({ client, url, keyOf: keys.keyOf }, kept, 'acme')
    expect([await replay(), await replay()]).toEqual([{ kind: 'stored' }, { kind: 'stored' }])
    expect((await storedPoints(db)).map((row) => row.value)).toEqual([1, 2])
  })

  it('of an earlier release is stored at the instants that it names', async () => {
    const first = Date.UTC(2026, 10, 20, 11) * 1000
    const payload = {
      message: { attributes: {}, messageId: '17', publishedAt: first },
      subscription: 's',
      first_stamp: first + 77,
      entries: [{ index: 3, code: 'series_limit_reached', detail: '', entry: metric(4) }],
    }
    await db.query(
      `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
       select id, 'pubsub:s', '17', 'series_limit_reached', '', 'application/json', $1 from tenant where name = 'acme'`,
      [Buffer.from(JSON.stringify(payload))],
    )
    expect(await replayAll()).toEqual([{ kind: 'stored' }])
    expect((await storedPoints(db)).map((row) => [row.value, row.at])).toEqual([[4, first + 80]])
  })

  it('that is refused again leaves one letter, of what is still refused', async () => {
    await takePush(deps, service, push([metric('bad'), metric(1, { timestamp: '1970-01-01T00:00:00Z' })]))
    const [before] = await all()
    const [outcome] = await replayAll()
    expect(outcome).toMatchObject({ kind: 'refused' })
    const after = await all()
    expect(after.map((letter) => letter.reason)).toEqual(['invalid'])
    expect(after[0]?.id).not.toBe(before?.id)
  })

  it('stays as it was when the function does not answer 204', async () => {
    await takePush(deps, service, push(metric('bad')))
    const before = await all()
    isDown = true
    expect(await replayAll()).toMatchObject([{ kind: 'failed' }])
    expect(await all()).toEqual(before)
  })

  it('that was being replayed when the command was killed is replayed like any other', async () => {
    await takePush(deps, service, push(metric(7), { tenant: 'nobody' }))
    await db.query(`update dead_letter set reason = 'replaying:' || reason`)
    expect(await countReasons(client, { reason: 'unknown_tenant' })).toEqual([{ reason: 'unknown_tenant', letters: 1 }])
    expect(await replayAll()).toEqual([{ kind: 'stored' }])
  })

  it('is not given to a tenant that there is not', async () => {
    await takePush(deps, service, push(metric(8), { tenant: 'nobody' }))
    await expect(replayAll('nobody')).rejects.toThrow('there is no tenant nobody')
    expect(await all()).toHaveLength(1)
  })
})

describe('the keys of a replay', () => {
  it('are revoked after it', async () => {
    await keys.keyOf('acme')
    await keys.revokeAll()
    expect(await db.query('select from api_key where revoked_at is null')).toEqual([])
  })
})
