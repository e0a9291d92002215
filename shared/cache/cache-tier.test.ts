// The properties of every tier that the cache relies on.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasRedis, redisNeeded, startRedis, type TestRedis } from '../../test/support/programs/redis.ts'
import type { CacheTier, Found } from './cache-tier.ts'
import { memoryTier } from './memory-tier.ts'
import { redisLink } from './redis-link.ts'
import { redisTier } from './redis-tier.ts'

const HOUR = 3_600_000
let redis: TestRedis | undefined
let remote: (CacheTier & { close(): void }) | undefined
beforeAll(async () => {
  if (!hasRedis) return
  redis = await startRedis()
  const link = redisLink({
    config: { url: redis.url, ca: undefined },
    elapsed: () => performance.now(),
    limitMs: 5_000,
  })
  remote = redisTier({ link, newId: randomUUID, elapsed: () => performance.now() })
})
afterAll(async () => {
  remote?.close()
  await redis?.remove()
})

function keepsAnswers(open: () => CacheTier): void {
  let tier: CacheTier
  let key: string
  beforeEach(() => {
    tier = open()
    key = `key ${randomUUID()}`
  })
  const find = async (): Promise<Found> => (await tier.find(key)) as Found
  const put = async (found: Found, version: number, ttlMs = HOUR) =>
    await tier.put(key, found, { version, text: `"${version}"` }, ttlMs)

  it('nothing is known of a key at first, and its generation stays', async () => {
    const first = await find()
    expect(first).toMatchObject({ floor: 0 })
    expect(first.kept).toBeUndefined()
    expect((await find()).generation).toBe(first.generation)
  })

  it('an answer is kept with its version and age, whatever its text', async () => {
    const text = '"ü👍\\u0000 \'\r\n'
    await tier.put(key, await find(), { version: 2 ** 53 - 1, text }, HOUR)
    const { floor, kept } = await find()
    expect([floor, kept?.version, kept?.text]).toEqual([2 ** 53 - 1, 2 ** 53 - 1, text])
    expect(kept?.ageMs).toBeGreaterThanOrEqual(0)
    expect(kept?.ageMs).toBeLessThan(60_000)
  })

  it('a version that is known need not be carried again', async () => {
    await put(await find(), 5)
    const known = { version: 5, text: '"5"' }
    expect((await tier.find(key, known))?.kept).toMatchObject(known)
    expect((await tier.find(key, { version: 4, text: '"4"' }))?.kept).toMatchObject(known)
  })

  it('a newer answer replaces an older one, and never the other way round', async () => {
    const found = await find()
    for (const [sent, kept] of [
      [5, 5],
      [4, 5],
      [6, 6],
      [0, 6],
    ] as const) {
      await put(found, sent)
      expect((await find()).kept?.version).toBe(kept)
    }
  })

  it('what was read before the key was forgotten is not kept, and nothing older than it will be', async () => {
    const before = await find()
    await tier.forget(key)
    await put(before, 5)
    const after = await find()
    expect([after.floor, after.kept, after.generation === before.generation]).toEqual([5, undefined, false])
    await put(after, 4)
    expect((await find()).kept).toBeUndefined()
    await put(after, 5)
    expect((await find()).kept?.version).toBe(5)
  })

  it('what was read in another generation drops what is older than it', async () => {
    const before = await find()
    await tier.forget(key)
    await put(await find(), 3)
    await put(before, 3)
    expect((await find()).kept?.version).toBe(3)
    await put(before, 4)
    expect(await find()).toMatchObject({ floor: 4 })
    expect((await find()).kept).toBeUndefined()
  })

  it('an answer is gone after its time, and what was read before cannot bring it back', async () => {
    const found = await find()
    await put(found, 5, 30)
    await expect.poll(async () => (await find()).kept).toBeUndefined()
    await put(found, 5)
    expect((await find()).kept).toBeUndefined()
  })

  it('a confirmation makes its version younger, and no other', async () => {
    await put(await find(), 5)
    await new Promise((resolve) => setTimeout(resolve, 400))
    const found = await find()
    await tier.confirm(key, found, 4)
    await tier.confirm(key, { ...found, generation: 'another' }, 5)
    expect((await find()).kept?.ageMs).toBeGreaterThanOrEqual(390)
    await tier.confirm(key, found, 5)
    expect((await find()).kept?.ageMs).toBeLessThan(390)
    expect((await find()).kept).toMatchObject({ version: 5 })
  })
}

describe('in memory', () => {
  keepsAnswers(() => memoryTier({ clock: Date.now, maxBytes: 1_000_000 }))
})

describe.skipIf(!hasRedis)(`in Redis, ${redisNeeded}`, () => {
  keepsAnswers(() => remote as CacheTier)
})

describe('the memory of an instance', () => {
  it('holds no more than it may, and the answer that was asked for longest ago goes first', async () => {
    const tier = memoryTier({ clock: Date.now, maxBytes: 100_000 })
    const text = 'x'.repeat(10_000)
    for (const key of ['a', 'b', 'c', 'd']) await tier.put(key, tier.look(key), { version: 1, text }, HOUR)
    tier.look('a')
    await tier.put('e', tier.look('e'), { version: 1, text }, HOUR)
    const kept = ['a', 'b', 'c', 'd', 'e'].filter((key) => tier.look(key).kept !== undefined)
    expect(kept).toEqual(['a', 'c', 'd', 'e'])
  })

  it('does not let one answer push out all others', async () => {
    const tier = memoryTier({ clock: Date.now, maxBytes: 100_000 })
    await tier.put('a', tier.look('a'), { version: 1, text: '1' }, HOUR)
    await tier.put('b', tier.look('b'), { version: 1, text: 'x'.repeat(40_000) }, HOUR)
    expect([tier.look('a').kept?.text, tier.look('b').kept]).toEqual(['1', undefined])
  })
})
