import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPool, type Lease, type PoolSettings } from './pool.ts'

interface Fake {
  ping(): Promise<void>
  close(): void
  onLost(): void
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp(change: Partial<PoolSettings<Fake>> = {}) {
  const pool = createPool<Fake>({
    max: 2,
    maxWaiting: 100,
    acquireTimeoutMs: 5_000,
    testAfterIdleMs: 60_000,
    maxAgeMs: 600_000,
    pingTimeoutMs: 100,
    open: async () => ({ ping: async () => {}, close() {}, onLost() {} }),
    isTransient: () => true,
    isUnreachable: () => false,
    now: Date.now,
    random: () => 0,
    ...change,
  })
  const served: string[] = []
  const leases: Lease<Fake>[] = []
  /** Asks, and notes who was served. */
  const ask = (holder: string): Promise<unknown> =>
    pool.acquire(Date.now() + 30_000, holder).then(
      (lease) => {
        served.push(holder)
        leases.push(lease)
      },
      (error: unknown) => error,
    )
  const giveBack = async (afterMs: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(afterMs)
    leases.shift()?.release(false)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { pool, served, ask, giveBack, settle: () => vi.advanceTimersByTimeAsync(0) }
}

const status = (code: number) => expect.objectContaining({ kind: expect.objectContaining({ status: code }) })

describe('the queue for connections', () => {
  it('serves tenants in turn, however many requests of one wait', async () => {
    const { served, ask, giveBack, settle } = setUp({ max: 1 })
    for (let i = 0; i < 5; i++) void ask('a')
    void ask('b')
    void ask('c')
    await settle()
    for (let i = 0; i < 4; i++) await giveBack(10)
    expect(served).toEqual(['a', 'b', 'c', 'a', 'a'])
  })

  it('keeps the last connection from a tenant of long units while others are there, and only then', async () => {
    const { served, ask, giveBack, settle } = setUp()
    for (let i = 0; i < 5; i++) void ask('long')
    await settle()
    await giveBack(200)
    expect(served).toEqual(['long', 'long', 'long'])
    void ask('b')
    await giveBack(200)
    expect(served.slice(3)).toEqual(['b'])
    await giveBack(10)
    // One connection is idle, and the long tenant has the other.
    await giveBack(0)
    expect(served.slice(4)).toEqual(['long'])
    void ask('b')
    await settle()
    expect(served.slice(5)).toEqual(['b'])
  })

  it('lets a tenant of short units have every connection, whoever else is there', async () => {
    const { served, ask, giveBack, settle } = setUp()
    void ask('b')
    await settle()
    await giveBack(10)
    for (let i = 0; i < 4; i++) void ask('short')
    await settle()
    for (let i = 0; i < 2; i++) await giveBack(10)
    expect(served).toEqual(['b', 'short', 'short', 'short', 'short'])
  })

  it('refuses a tenant that has its share of places with 429, and still takes others', async () => {
    const { ask, settle } = setUp({ max: 1, maxWaiting: 10 })
    void ask('a')
    await settle()
    for (let i = 0; i < 8; i++) void ask('a')
    expect(await ask('a')).toEqual(status(429))
    const other = ask('b')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await other).toEqual(status(503))
  })

  it('answers 429 to a tenant that waited behind itself while others were served, 503 where nobody was', async () => {
    const { ask, settle } = setUp({ max: 1 })
    void ask('b')
    await settle()
    const waiting = [ask('a'), ask('a'), ask('b')]
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await Promise.all(waiting)).toEqual([status(429), status(503), status(503)])
  })
})

describe('a new instance', () => {
  const connection = { ping: async () => {}, close() {}, onLost() {} }
  const after = async (ms: number) => await new Promise((resolve) => void setTimeout(resolve, ms))

  it('waits for its network, and not only as long as for a free connection', async () => {
    const open = async () => {
      await after(20_000)
      return connection
    }
    const { ask, served } = setUp({ open })
    void ask('a')
    await vi.advanceTimersByTimeAsync(19_900)
    expect(served).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(served).toEqual(['a'])
  })

  it('answers 503 at the deadline when no network comes, and after the usual wait when the server refuses', async () => {
    const open = async () => {
      await after(1_000)
      throw new Error('nothing answered')
    }
    const silent = setUp({ isUnreachable: () => true, open })
    const waiting = silent.ask('a')
    await vi.advanceTimersByTimeAsync(29_900)
    expect(silent.pool.status().waiting).toBe(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(await waiting).toEqual(status(503))

    const refused = setUp({ open })
    const refusal = refused.ask('a')
    await vi.advanceTimersByTimeAsync(5_100)
    expect(refused.pool.status().waiting).toBe(0)
    expect(await refusal).toEqual(status(503))
  })
})
