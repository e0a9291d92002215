import { expect, it } from 'vitest'
import { busy, forbidden, Problem } from '../base/problem.ts'
import type { Route } from '../base/wire.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { callRecorder, type EndedCall } from './call-record.ts'
import type { Principal, TenantPrincipal } from './principal.ts'

const operator: Principal = { kind: 'platform', name: 'key:ops', scopes: ['operate'] }
const tenant: TenantPrincipal = {
  kind: 'tenant',
  name: 'key:acme',
  tenant: { id: 7, name: 'acme', seriesLimit: 1, ignoredLabels: [] },
  scopes: [],
}
const run: Route = { method: 'POST', path: '/run', scope: 'operate', audit: 'retention.run' }
const denied = new Problem(forbidden, 'no')

/** Returns a recorder, and the entries that it stores, each with the tenant of its transaction. */
function openRecorder(clock = () => 0) {
  const entries: (readonly [tenant: number | null, entry: Record<string, unknown>])[] = []
  const store = (id: number | null, work: unknown) => {
    const values = (entry: Record<string, unknown>) => ({ execute: async () => void entries.push([id, entry]) })
    return (work as (tx: unknown) => Promise<unknown>)({ insertInto: () => ({ values }) })
  }
  const db = {
    write: async (id: number, work: unknown) => await store(id, work),
    writeAll: async (work: unknown) => await store(null, work),
  } as unknown as PenstockDatabase
  const record = callRecorder(db, clock)
  const ended = async (call: Partial<EndedCall>) =>
    await record({
      key: 'retention.run',
      route: run,
      caller: operator,
      status: 200,
      problem: undefined,
      asked: undefined,
      ...call,
    })
  return { entries, ended }
}

it.each([
  ['a success', { status: 200 }, 'success'],
  ['a partial success', { status: 500 }, 'partial'],
  ['a failure', { status: 503, problem: busy('down') }, 'failed'],
])('records %s of an operation', async (_, call, outcome) => {
  const { entries, ended } = openRecorder()
  await ended(call)
  expect(entries).toMatchObject([
    [null, { action: 'retention.run', object_type: 'retention', outcome, tenant_id: null }],
  ])
})

it('records the request of an operation', async () => {
  const { entries, ended } = openRecorder()
  await ended({ asked: { query: { tenant: 'acme' }, body: { dry_run: true } } })
  expect(entries[0]?.[1]['after']).toBe('{"request":{"tenant":"acme","dry_run":true}}')
})

it('leaves out a request that is too long for an entry', async () => {
  const { entries, ended } = openRecorder()
  await ended({ asked: { query: undefined, body: { reason: 'ü'.repeat(2_000) } } })
  expect(entries[0]?.[1]).not.toHaveProperty('after')
})

it('records a refusal under the tenant of its caller, once a minute for each action', async () => {
  let now = 0
  const { entries, ended } = openRecorder(() => now)
  const refused = { caller: tenant, status: 403, problem: denied }
  for (let i = 0; i < 3; i++) await ended(refused)
  await ended({ ...refused, key: 'promql.listRules', route: { ...run, audit: { unaudited: 'It reads.' } } })
  now = 60_000
  await ended(refused)
  expect(entries.map(([id, { action, outcome }]) => [id, action, outcome])).toEqual([
    [7, 'retention.run', 'denied'],
    [7, 'promql.list_rules', 'denied'],
    [7, 'retention.run', 'denied'],
  ])
})

it.each([
  [
    'a refusal of a route that tenants call',
    { route: { ...run, scope: 'metrics:read' }, status: 403, problem: denied },
  ],
  ['a request that was refused because of its content', { status: 422 }],
  ['a change that triggers record', { route: { ...run, scope: 'alerts:write', audit: 'alert_rule.create' } }],
  [
    'a success of a route that says why it is not recorded',
    { route: { ...run, audit: { unaudited: 'A log of its own.' } } },
  ],
  ['a route without a statement about it', { route: { method: 'POST', path: '/run', scope: 'operate' } }],
] as const)('does not record %s', async (_, call) => {
  const { entries, ended } = openRecorder()
  await ended(call as Partial<EndedCall>)
  expect(entries).toEqual([])
})

it('records only the failures of a route that says so', async () => {
  const { entries, ended } = openRecorder()
  const route: Route = { ...run, audit: { unaudited: 'The log of job runs.', failure: 'monitoring.publish' } }
  await ended({ route })
  await ended({ route, status: 500 })
  expect(entries).toMatchObject([[null, { action: 'monitoring.publish', outcome: 'partial' }]])
})

it('does not fail when the entry cannot be stored', async () => {
  const broken = { writeAll: async () => await Promise.reject(new Error('down')) } as unknown as PenstockDatabase
  const call = { key: 'retention.run', route: run, caller: operator, status: 200, problem: undefined, asked: undefined }
  await expect(callRecorder(broken, () => 0)(call)).resolves.toBeUndefined()
})
