import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { Call } from '@penstock/shared/http/service.ts'
import { validateBody, validateQuery } from '@penstock/shared/http/validation.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { type ArchivedMonths, openArchivedMonths } from '../../test/support/months/archived-months.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

let months: ArchivedMonths
let handlers: ReturnType<typeof handlersOf>
beforeAll(async () => {
  months = await openArchivedMonths()
  await months.tenant('acme')
  const days = {
    hot: 90,
    cold: 365,
    feedback: 730,
    backfill: 180,
    audit: 400,
    rollups: 1826,
    aged: { DEAD_LETTER_DAYS: 90, JOB_RUN_DAYS: 400 },
  }
  const limits = {
    ...months.deps.limits,
    runMs: 1_000,
    batchRows: 1,
    objectRows: 1,
    deleteRows: 1,
    leaseMs: 60_000,
    pollMs: 10,
  }
  // Nobody listens there.
  const store = openArchiveStore({ bucket: 'archive', endpoint: 'http://127.0.0.1:1' }, { attempts: 1, pauseMs: 1 })
  handlers = handlersOf(
    { ...months.deps, db: months.database, days, store, limits } as Parameters<typeof handlersOf>[0],
    0,
  )
})
afterAll(async () => await months.close())

const caller = { kind: 'platform', name: 'key:1', scopes: ['operate'] } as const
const callOf = (parts: object): never =>
  ({
    caller,
    params: {},
    query: undefined,
    body: undefined,
    headers: {},
    url: new URL('http://x/y?limit=1'),
    ...parts,
  }) as unknown as Call as never
const bodyOf = <R extends { readonly body: z.ZodType }>(route: R, body: unknown): never =>
  callOf({ body: validateBody(route.body, body) })
const hold = { tenant: 'acme', start_time: '2026-01-01', end_time: '2026-01-02T00:00:00Z', reason: 'case 7' }

describe('a hold', () => {
  it.each([
    ['/tenant', { tenant: 'No Tenant' }],
    ['/start_time', { start_time: 'yesterday' }],
    ['/start_time', { start_time: '1969-12-31T23:59:59Z' }],
    ['/end_time', { end_time: '2026-01-01T00:00:00Z' }],
    ['/reason', { reason: '' }],
    ['/reason', { reason: 'x'.repeat(1001) }],
    ['/dataset', { dataset: 'dreams' }],
  ])('without a good %s is refused', (pointer, change) => {
    const broken = { ...hold, start_time: '2026-01-01T00:00:00Z', ...change }
    expect(() => validateBody(routes.hold.body, broken)).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
    )
  })

  it('is of whoever asks, with the key that they used', async () => {
    const body = { ...hold, start_time: '2026-01-01T00:00:00Z' }
    const placed = (await handlers.hold(bodyOf(routes.hold, { ...body, by: 'counsel' }))).json as { id: string }
    expect(placed).toMatchObject({
      placed_by: 'counsel (key:1)',
      start_time: '2026-01-01T00:00:00.000000Z',
      objects: 0,
    })
    const released = await handlers.release(bodyOf(routes.release, { id: placed.id }))
    expect(released.json).toMatchObject({ released_by: 'key:1' })
    expect((await handlers.holds(callOf({ query: {} }))).json).toHaveLength(1)
  })
})

describe('storage that does not answer', () => {
  it('is 503 for who verifies, and comes again', async () => {
    await months.db.query(
      `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
       select 'metrics', id, '2026-01-01', 'metrics/x', 1, 1, '2026-01-01Z', '2026-01-01Z', 10, 'AAAAAA==', sha256('') from tenant`,
    )
    await expect(handlers.verify(bodyOf(routes.verify, {}))).rejects.toMatchObject({
      kind: { status: 503 },
      headers: { 'retry-after': expect.any(String) },
    })
  })
})

describe('the list', () => {
  it('links to its next page', async () => {
    await months.db.query(
      `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
       select 'feedback', id, '2026-01-01', 'feedback/x', 1, 1, '2026-01-01Z', '2026-01-01Z', 10, 'AAAAAA==', sha256('') from tenant`,
    )
    const page = await handlers.archives(callOf({ query: validateQuery(routes.archives.query, [['limit', '1']]) }))
    expect([page.json, page.headers]).toEqual([
      [expect.objectContaining({ dataset: 'metrics', uri: 'gs://archive/metrics/x', state: 'written' })],
      { link: expect.stringMatching(/^<\/y\?limit=1&after=\d+>; rel="next"$/) },
    ])
  })

  it('takes months and tenants as they are named', () => {
    for (const [name, value] of [
      ['month', '2026-08-02'],
      ['month', '2026-13-01'],
      ['tenant', 'A'],
      ['limit', '10001'],
      ['after', '-1'],
    ])
      expect(() => validateQuery(routes.archives.query, [[name ?? '', value ?? '']])).toThrow(`?${name}`)
  })
})
