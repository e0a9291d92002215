import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { edgeConfig } from '../../test/support/http/edge-config.ts'
import { openRaw, type RunningServer, startFront } from '../../test/support/http/http.ts'
import { fakeDatabase } from '../../test/support/postgres/fake-database.ts'
import { createApiKey } from '../auth/api-key.ts'
import { aroundUnits, type Work } from '../database/units.ts'
import { createListener, type EdgeOverrides } from './edge.ts'
import type { Reply } from './service.ts'

const routes = {
  read: { method: 'GET', path: '/things', scope: 'metrics:read' },
  write: { method: 'POST', path: '/things', scope: 'metrics:write' },
  large: { method: 'POST', path: '/large', scope: 'metrics:write', maxBytes: 1024 * 1024 },
} as const

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

/** A front for any number of tenants, each with a key of its own. Handlers wait for `gate`. */
async function front(limits: EdgeOverrides['limits'], handle: () => Promise<Reply> = async () => ({})) {
  const db = fakeDatabase({ tenant_id: 0, scopes: ['metrics:read', 'metrics:write'] })
  const lookUp = vi.fn(async (): Promise<unknown> => ({ tenant_id: lookUp.mock.calls.length }))
  const own = aroundUnits(db, async <T>(run: (work: Work<T>) => Promise<T>, work: Work<T>): Promise<T> => {
    const found = await lookUp()
    return (found === undefined ? undefined : { ...((await run(work)) as object), ...(found as object) }) as T
  })
  const config = edgeConfig({ trustedHops: 1, checksumKeys: [checksumKey] })
  const calls = vi.fn(handle)
  const service = { config, db: own, routes, handlers: { read: calls, write: calls, large: calls } }
  const server = await startFront(createListener('metrics-ingest', service, limits ? { limits } : {}))
  running.push(server)
  const ask = async (key: string, address = '203.0.113.1'): Promise<number> => {
    const headers = {
      authorization: `Bearer ${key}`,
      'accept-encoding': 'identity',
      'x-forwarded-for': `made up, ${address}`,
    }
    const response = await fetch(`${server.url}/things`, { headers })
    await response.arrayBuffer()
    return response.status
  }
  return { ...server, ask, calls, lookUp }
}

const newKey = (): string => createApiKey(randomBytes, checksumKey).key

describe('the slots of an instance', { timeout: 120_000 }, () => {
  it('are shared by tenants: one that fills its share is 429, and others are answered', async () => {
    const gate = Promise.withResolvers<Reply>()
    const { ask, calls } = await front({ inFlight: 10 }, async () => await gate.promise)
    const [greedy, other] = [newKey(), newKey()]
    const held = Array.from({ length: 8 }, () => ask(greedy))
    await expect.poll(() => calls.mock.calls.length).toBe(8)
    expect(await ask(greedy)).toBe(429)
    const answered = ask(other)
    await expect.poll(() => calls.mock.calls.length).toBe(9)
    gate.resolve({})
    expect(await Promise.all([...held, answered])).toEqual(Array(9).fill(204))
    expect(await ask(greedy)).toBe(204)
  })

  it('are held by unfinished bodies, which are 408 once they fall behind the least rate', async () => {
    const { port, ask } = await front({ inFlight: 5, leastRate: { graceMs: 300, bytesPerS: 1024 } })
    const greedy = newKey()
    expect(await ask(greedy)).toBe(204)
    const bodies = []
    for (let i = 0; i < 6; i++) {
      const raw = await openRaw(port)
      raw.socket.write(
        `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${greedy}\r\ncontent-length: 9\r\n\r\n1`,
      )
      bodies.push(raw)
    }
    expect(await ask(newKey())).toBe(204)
    const statuses = await Promise.all(bodies.map(async (raw) => (await raw.until('"status"')).slice(9, 12)))
    expect(statuses.sort()).toEqual(['408', '408', '408', '408', '429', '429'])
    for (const { socket } of bodies) socket.destroy()
    await expect.poll(async () => await ask(greedy)).toBe(204)
  })

  it('let a body that keeps the least rate take its time', async () => {
    const { port } = await front({ leastRate: { graceMs: 100, bytesPerS: 10 } })
    const raw = await openRaw(port)
    raw.socket.write(
      `POST /things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${newKey()}\r\ncontent-length: 60\r\n\r\n0123456789`,
    )
    const dripping = setInterval(() => raw.socket.write('0123456789'), 250)
    expect(await raw.until('HTTP/1.1 204 ')).toMatch(/204/)
    clearInterval(dripping)
    raw.socket.destroy()
  })

  it('are free again only when the answer was sent, or its reader has gone', async () => {
    const { port, ask } = await front({ inFlight: 3 }, async () => ({ bytes: Buffer.alloc(24 * 1024 * 1024) }))
    const greedy = newKey()
    expect(await ask(greedy)).toBe(200)
    const readers = []
    for (let i = 0; i < 6; i++) {
      const raw = await openRaw(port)
      raw.socket.pause()
      raw.socket.write(`GET /things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${greedy}\r\n\r\n`)
      readers.push(raw)
    }
    await expect.poll(async () => await ask(greedy), { timeout: 45_000 }).toBe(429)
    for (const { socket } of readers) socket.destroy()
    // Each answer is 24 MiB, which a busy machine takes a while to read.
    await expect.poll(async () => await ask(greedy), { timeout: 45_000 }).toBe(200)
  })

  it('leave memory for the answers of others, however slowly a tenant reads', async () => {
    const { port, ask } = await front({ answerBytes: 30 * 1024 * 1024 }, async () => ({
      bytes: Buffer.alloc(8 * 1024 * 1024),
    }))
    const greedy = newKey()
    const readers = []
    for (let i = 0; i < 4; i++) {
      const raw = await openRaw(port)
      raw.socket.pause()
      raw.socket.write(`GET /things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${greedy}\r\n\r\n`)
      readers.push(raw)
    }
    await expect.poll(async () => await ask(greedy), { timeout: 45_000 }).toBe(429)
    expect(await ask(newKey())).toBe(200)
    for (const { socket } of readers) socket.destroy()
  })
})

describe('a caller that is not known yet', () => {
  it('counts to its address: made-up keys from one place are 429, and those of others are asked for', async () => {
    const gate = Promise.withResolvers<undefined>()
    const { ask, lookUp } = await front({ inFlight: 10 })
    const known = newKey()
    expect(await ask(known)).toBe(204)
    lookUp.mockImplementation(async () => await gate.promise)
    const waiting = Array.from({ length: 8 }, () => ask(newKey()))
    await expect.poll(() => lookUp.mock.calls.length).toBe(9)
    expect(await ask(newKey())).toBe(429)
    expect(lookUp).toHaveBeenCalledTimes(9)
    // Even from the same address: what is remembered takes no slot of strangers.
    expect(await ask(known)).toBe(204)
    gate.resolve(undefined)
    expect(await Promise.all(waiting)).toEqual(Array(8).fill(401))
  })

  it('finds room however many addresses flood, since they have a share together', async () => {
    const gate = Promise.withResolvers<undefined>()
    const { ask, lookUp } = await front({ inFlight: 10 })
    const known = newKey()
    expect(await ask(known)).toBe(204)
    lookUp.mockImplementation(async () => await gate.promise)
    const waiting = Array.from({ length: 12 }, (_, i) => ask(newKey(), `203.0.113.${i + 10}`))
    await expect.poll(() => lookUp.mock.calls.length).toBe(9)
    expect(await Promise.all([ask(known), ask(known, '198.51.100.1')])).toEqual([204, 204])
    gate.resolve(undefined)
    expect((await Promise.all(waiting)).toSorted((a, b) => a - b)).toEqual([
      ...Array(8).fill(401),
      ...Array(4).fill(429),
    ])
  })
})

describe('a route', () => {
  it('reads no more than it can use', async () => {
    const { url } = await front(undefined)
    const headers = { authorization: `Bearer ${newKey()}` }
    const send = async (path: string, bytes: number) => {
      const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: new Uint8Array(bytes) })
      return response.status
    }
    expect(await send('/things', 64 * 1024)).toBe(204)
    expect(await send('/things', 64 * 1024 + 1)).toBe(413)
    expect(await send('/large', 1024 * 1024)).toBe(204)
    expect(await send('/large', 1024 * 1024 + 1)).toBe(413)
  })
})
