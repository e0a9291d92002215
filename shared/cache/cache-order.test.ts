// The guarantee of the cache: whatever is delayed, and whichever entries are lost, no caller gets an older value than it has got before.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cache, type CacheQuestion, createCache } from './cache.ts'
import type { CacheTier, Versioned } from './cache-tier.ts'
import { memoryTier } from './memory-tier.ts'

const KEY = { kind: 'test', tenantId: 1, parameters: ['a'] }
const HOUR = 3_600_000

/** A turn: resolves when the scheduler says so. */
type Turn = (what: string) => Promise<void>

/** A tier that is reached over a network: requests and replies are delayed, each on its own. */
function delayed(tier: CacheTier, turn: Turn): CacheTier & { close(): void } {
  const both = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    await turn(`${what} sent`)
    const reply = await work()
    await turn(`${what} answered`)
    return reply
  }
  return {
    find: async (...given) => await both('find', () => tier.find(...given)),
    put: async (...given) => await both('put', () => tier.put(...given)),
    confirm: async (...given) => await both('confirm', () => tier.confirm(...given)),
    forget: async (...given) => await both('forget', () => tier.forget(...given)),
    close: () => {},
  }
}

interface World {
  readonly turn: Turn
  readonly now: () => number
  readonly instances: readonly Cache[]
  /** The value in the database is the number of its commits. */
  committed: number
  readonly shared: CacheTier
}

function createWorld(turn: Turn, now: () => number, withRedis: boolean): World {
  const shared = memoryTier({ clock: now, maxBytes: 1_000_000 })
  const instance = (): Cache =>
    createCache({ clock: now, redis: withRedis ? delayed(shared, turn) : undefined, maxBytes: 1_000_000 })
  return { turn, now, shared, instances: [instance(), instance()], committed: 0 }
}

const questionOf = (world: World): CacheQuestion => ({
  ...KEY,
  ttlMs: HOUR,
  async load(): Promise<Versioned> {
    await world.turn('load sent')
    const version = world.committed
    await world.turn('load answered')
    return { version, text: String(version) }
  },
  async check() {
    await world.turn('check sent')
    const version = world.committed
    await world.turn('check answered')
    return version
  },
})

async function read(world: World, instance: number): Promise<number> {
  return Number(await world.instances[instance]?.read(questionOf(world)))
}

/** Commits, then, some turns later, invalidates through an instance, and has seen what it wrote when that is done. */
async function write(world: World, instance: number, turnsLater: number): Promise<number> {
  await world.turn('commit')
  const written = ++world.committed
  for (let n = 0; n < turnsLater; n++) await world.turn('not yet forgotten')
  await world.instances[instance]?.forget(KEY)
  return written
}

interface Step {
  readonly act: 'read' | 'write' | 'evict'
  readonly instance: number
  readonly waitMs: number
  /** Turns of a write between its commit and its invalidation, during which others see what it wrote. */
  readonly turnsLater: number
}

const steps = (instance: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      act: fc.constantFrom('read', 'read', 'read', 'read', 'read', 'write', 'evict'),
      instance,
      waitMs: fc.constantFrom(0, 0, 0, 0, 0, 1_000, 2_500),
      turnsLater: fc.constantFrom(0, 40),
    }),
    { minLength: 1, maxLength: 6 },
  )

/** Some clients, each doing one thing after the other; between two things time may pass. Gives every break of the order. */
async function play(
  world: World,
  clients: readonly (readonly Step[])[],
  pass: (ms: number) => void,
): Promise<string[]> {
  const broken: string[] = []
  await Promise.all(
    clients.map(async (mine, client) => {
      let seen = 0
      for (const { act, instance, waitMs, turnsLater } of mine) {
        pass(waitMs)
        await world.turn(`client ${client}`)
        if (act === 'evict') await world.shared.forget(keyInTier(world))
        else {
          const value = act === 'read' ? await read(world, instance) : await write(world, instance, turnsLater)
          if (value < seen) broken.push(`client ${client} was shown ${value} after ${seen}`)
          seen = Math.max(seen, value)
        }
      }
    }),
  )
  return broken
}

/** The one key that the caches use, found out by asking a tier that remembers it. */
function keyInTier(world: World): string {
  return (keys.get(world) ?? keys.set(world, findKey()).get(world)) as string
}
const keys = new WeakMap<World, string>()

function findKey(): string {
  let key = ''
  const spy: CacheTier & { close(): void } = {
    find: async () => undefined,
    put: async () => {},
    confirm: async () => {},
    async forget(given) {
      key = given
    },
    close: () => {},
  }
  void createCache({ clock: Date.now, redis: spy, maxBytes: 1_000 }).forget(KEY)
  return key
}

async function check(withRedis: boolean, instance: fc.Arbitrary<number>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(steps(instance), { minLength: 2, maxLength: 5 }), async (s, clients) => {
      let clock = 0
      const turn: Turn = async (what) => await s.schedule(Promise.resolve(), what)
      const world = createWorld(turn, () => clock, withRedis)
      const played = play(world, clients, (ms) => {
        clock += ms
      })
      expect(await s.waitFor(played)).toEqual([])
    }),
    { numRuns: Number(process.env['CACHE_RUNS'] ?? 400) },
  )
}

describe('a reader', () => {
  it('is never shown a value older than one it has seen, over two instances and Redis', {
    timeout: 600_000,
  }, async () => {
    await check(true, fc.nat(1))
  })

  it('is never shown a value older than one it has seen by its instance, without Redis', {
    timeout: 600_000,
  }, async () => {
    await check(false, fc.constant(0))
  })

  it.each([true, false])(
    'is shown what another instance wrote after two seconds at the latest, even where nobody was told (Redis: %s)',
    { timeout: 600_000 },
    async (withRedis) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(3_000), { maxLength: 12 }), async (s, waits) => {
          let clock = 0
          const world = createWorld(
            async (what) => await s.schedule(Promise.resolve(), what),
            () => clock,
            withRedis,
          )
          const commits: number[] = []
          const played = (async () => {
            for (const [n, ms] of waits.entries()) {
              clock += ms
              if (n % 3 === 0) {
                world.committed++
                commits.push(clock)
              }
              const settled = commits.filter((at) => clock - at >= 2_000).length
              expect(await read(world, 1)).toBeGreaterThanOrEqual(settled)
            }
          })()
          await s.waitFor(played)
        }),
        { numRuns: 100 },
      )
    },
  )
})
