// The cache while Redis is down, frozen, full, or holds nonsense: the answer comes from the database, in the usual time.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasRedis, redisNeeded, startRedis, type TestRedis } from '../../test/support/programs/redis.ts'
import { logger } from '../base/logger.ts'
import type { Cache, CacheQuestion } from './cache.ts'
import { openCache } from './open-cache.ts'

let redis: TestRedis
let caches: Cache[]
let committed: number
let loads: number
let checks: number
const warned = vi.spyOn(logger, 'warn').mockImplementation(() => {})
const told = vi.spyOn(logger, 'info').mockImplementation(() => {})

beforeAll(async () => {
  if (hasRedis) redis = await startRedis()
})
beforeEach(async () => {
  if (!hasRedis) return
  await redis.start()
  caches = [open(), open()]
  committed = 1
  await useRedis(0)
  await useRedis(1)
  await redis.command('FLUSHALL')
  loads = 0
  checks = 0
  warned.mockClear()
  told.mockClear()
})
afterEach(() => {
  for (const cache of caches ?? []) cache.close()
})
afterAll(async () => {
  await redis?.remove()
  warned.mockRestore()
  told.mockRestore()
})

const open = (): Cache => openCache({ redis: { url: redis.url, ca: undefined }, maxBytes: 10_000_000 })

/** Until an instance is connected: on a busy machine its first question may do without. */
async function useRedis(instance: number): Promise<void> {
  const hasPut = async (): Promise<unknown> => {
    await redis.command('FLUSHALL')
    await write(instance)
    await read(instance)
    return await redis.command('DBSIZE')
  }
  await expect.poll(hasPut, { timeout: 10_000 }).toBe(1)
}

const questionOf = (name = 'a'): CacheQuestion => ({
  kind: 'test',
  tenantId: 1,
  parameters: [name],
  ttlMs: 60_000,
  async load() {
    loads++
    return { version: committed, text: String(committed) }
  },
  async check() {
    checks++
    return committed
  },
})

const read = async (instance = 0, name = 'a'): Promise<number> => Number(await caches[instance]?.read(questionOf(name)))

async function write(instance = 0, name = 'a'): Promise<void> {
  committed++
  await caches[instance]?.forget(questionOf(name))
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const begun = performance.now()
  return { value: await work(), ms: performance.now() - begun }
}

/** The lines of the log with a name of the cache's, rates aside. */
const lines = (): unknown[] => [...warned.mock.calls, ...told.mock.calls].map((line) => line.at(-1))
const healed = async (): Promise<void> => {
  await expect.poll(async () => (await read(), lines()), { timeout: 10_000 }).toContain('cache.redis_up')
}
/** Beyond the first wait of 200 ms, on a machine that has much else to do. */
const USUAL_MS = 150

describe.skipIf(!hasRedis)(`two instances ${redisNeeded}`, () => {
  it('read the database once for both, and see each other’s writes at once', async () => {
    expect([await read(0), await read(1), await read(0)]).toEqual([committed, committed, committed])
    expect([loads, checks]).toEqual([1, 0])
    for (let n = 0; n < 20; n++) {
      await write(n % 2)
      expect([await read(0), await read(1)]).toEqual([committed, committed])
    }
    expect(loads).toBe(21)
  })

  it('share one read of a burst', async () => {
    const slow = { ...questionOf(), load: async () => (await sleep(50), await questionOf().load()) }
    const all = await Promise.all(Array.from({ length: 200 }, async () => await caches[0]?.read(slow)))
    expect([new Set(all).size, loads]).toEqual([1, 1])
  })

  it('go on while Redis is gone, say so once, and come back to it', { timeout: 30_000 }, async () => {
    caches[1]?.close()
    await read()
    await redis.stop()
    await write()
    const gone = await timed(() => read())
    expect(gone.value).toBe(committed)
    const after = await timed(async () => {
      for (let n = 0; n < 20; n++) await write().then(async () => expect(await read()).toBe(committed))
    })
    expect(after.ms / 20).toBeLessThan(USUAL_MS)
    await expect.poll(lines).toEqual(['cache.redis_down'])
    await redis.start()
    await healed()
    expect(lines()).toEqual(['cache.redis_down', 'cache.redis_up'])
    loads = 0
    await write()
    expect([await read(0), await read(0)]).toEqual([committed, committed])
    expect(loads).toBe(1)
  })

  it('wait 200 ms once for a Redis that is frozen, and come back to it', { timeout: 30_000 }, async () => {
    caches[1]?.close()
    await read()
    redis.freeze()
    try {
      await write()
      const first = await timed(() => read())
      expect(first.value).toBe(committed)
      expect(first.ms).toBeLessThan(200 + USUAL_MS)
      // Long enough for the connection that is opened in the background to fail, too.
      for (let n = 0; n < 15; n++) {
        await write()
        const { value, ms } = await timed(() => read())
        expect(value).toBe(committed)
        expect(ms).toBeLessThan(USUAL_MS)
        await sleep(200)
      }
      expect(lines()).toEqual(['cache.redis_down'])
    } finally {
      redis.thaw()
    }
    await healed()
    expect(await read()).toBe(committed)
  })

  it('are not told of a write that Redis never heard of, and show it after two seconds all the same', {
    timeout: 30_000,
  }, async () => {
    await read(0)
    await read(1)
    caches[0]?.close()
    await write(0)
    await sleep(2_000)
    expect(await read(1)).toBe(committed)
    expect(checks).toBe(1)
  })

  it('answer from the database where Redis is full, and keep answers again when it is not', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    try {
      for (let n = 0; n < 5; n++) {
        await write()
        expect([await read(0), await read(0)]).toEqual([committed, committed])
      }
      expect(lines()).toEqual(['cache.refused'])
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    }
    await write()
    loads = 0
    expect([await read(0), await read(1), loads]).toEqual([committed, committed, 1])
  })

  it('never show less than was shown, however fast Redis forgets', { timeout: 30_000 }, async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await redis.command('CONFIG', 'SET', 'maxmemory', String(3_000_000))
    try {
      let seen = 0
      const filling = (async () => {
        for (let n = 0; n < 300; n++) await redis.command('SET', `filler ${n}`, 'x'.repeat(50_000))
      })()
      for (let n = 0; n < 300; n++) {
        if (n % 7 === 0) await write(n % 2)
        const value = await read((n + 1) % 2)
        expect(value).toBeGreaterThanOrEqual(seen)
        seen = value
      }
      await filling
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    }
  })

  it.each([
    ['a text that was changed', ['HSET', 'b', '666']],
    ['a version that was changed', ['HSET', 'v', '666']],
    ['a version that is none', ['HSET', 'v', 'x']],
    ['a version without an answer', ['HDEL', 'b']],
    ['an age that is none', ['HSET', 'c', 'x']],
    ['no generation', ['HDEL', 'g']],
    ['another type', ['SET']],
  ] as const)('answer from the database where an entry has %s', async (_what, [command, ...rest]) => {
    await read()
    await write()
    await read()
    const [key = ''] = (await redis.command('KEYS', 'penstock:test:*')) as string[]
    await redis.command(command, key, ...(rest.length > 0 ? rest : ['nonsense']))
    caches[0]?.close()
    const fresh = open()
    caches.push(fresh)
    await expect.poll(async () => (await fresh.read(questionOf('warm')), await redis.command('DBSIZE'))).toBe(2)
    for (let n = 0; n < 3; n++) expect(await fresh.read(questionOf())).toBe(String(committed))
    await write(1)
    expect(await fresh.read(questionOf())).toBe(String(committed))
    loads = 0
    expect([await fresh.read(questionOf()), await read(1), loads]).toEqual([String(committed), committed, 0])
  })

  it('do not take an entry for another question’s', async () => {
    await read(0, 'a')
    const [a = ''] = (await redis.command('KEYS', 'penstock:test:*')) as string[]
    committed = 7
    await read(0, 'b')
    const b = ((await redis.command('KEYS', 'penstock:test:*')) as string[]).find((key) => key !== a) ?? ''
    await redis.command('COPY', a, b, 'REPLACE')
    expect(await caches[1]?.read(questionOf('b'))).toBe('7')
  })
})
