// A caller that is not known waits in a lane, which is tested by itself.
import { afterEach, expect, it, vi } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { edgeConfig } from '../../test/support/http/edge-config.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { fakeDatabase } from '../../test/support/postgres/fake-database.ts'
import { busy } from '../base/problem.ts'
import { aroundUnits } from '../database/units.ts'
import { createListener } from './edge.ts'

const entered = vi.hoisted(() => [] as string[])
vi.mock('../base/stranger-lane.ts', () => ({
  openStrangerLane: () => ({
    enter(address: string, work: () => void) {
      entered.push(address)
      work()
    },
  }),
}))

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  entered.length = 0
})

const { key } = firstFormKey()
const routes = { read: { method: 'GET', path: '/things', scope: 'metrics:read' } } as const

/** Starts a front, and returns what asks it: the status, and whether the request waited in the lane. */
async function openFront(database = fakeDatabase({ tenant_id: 7, scopes: ['metrics:read'] })) {
  const clock = { ms: Date.now() }
  const service = { config: edgeConfig(), db: database, routes, handlers: { read: async () => ({ json: {} }) } }
  const server = await startFront(createListener('metrics-ingest', service, { clock: () => clock.ms }))
  running.push(server)
  const ask = async (authorization?: string): Promise<readonly [status: number, waited: boolean]> => {
    const before = entered.length
    const { status } = await fetch(`${server.url}/things`, { headers: authorization ? { authorization } : {} })
    return [status, entered.length > before]
  }
  return { ask, clock }
}

it('a caller waits once, until its credential is accepted', async () => {
  const { ask } = await openFront()
  expect(await ask(`Bearer ${key}`)).toEqual([200, true])
  expect(await ask(`Bearer ${key}`)).toEqual([200, false])
  expect(await ask(`Bearer ${firstFormKey().key}`)).toEqual([200, true])
})

it('a caller without a valid credential waits each time', async () => {
  const { ask } = await openFront()
  for (let i = 0; i < 2; i++) {
    expect(await ask()).toEqual([401, true])
    expect(await ask('Bearer nonsense')).toEqual([401, true])
  }
  expect(entered).toEqual(Array.from({ length: 4 }, () => '127.0.0.1'))
})

it('a caller whose key is revoked waits again, but one whose key cannot be looked up does not', async () => {
  const state = { isDown: false, isRevoked: false }
  const database = aroundUnits(fakeDatabase({ tenant_id: 7, scopes: ['metrics:read'] }), async (run, work) => {
    if (state.isDown) throw busy('Down: database.')
    const row = await run(work)
    return state.isRevoked ? { ...row, revoked_at: '2026-01-01' } : row
  })
  const { ask, clock } = await openFront(database)
  const askLater = async () => {
    clock.ms += 60_000
    return await ask(`Bearer ${key}`)
  }
  expect(await askLater()).toEqual([200, true])
  state.isDown = true
  expect([await askLater(), await askLater()]).toEqual(Array.from({ length: 2 }, () => [503, false]))
  state.isDown = false
  state.isRevoked = true
  expect([await askLater(), await askLater()]).toEqual([
    [401, false],
    [401, true],
  ])
})
