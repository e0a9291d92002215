// Caches answers in this instance, and in Redis when there is one. An answer was true when it was requested, or less than two seconds
// before.
import { createHash } from 'node:crypto'
import { share } from '../base/shared-flight.ts'
import type { Clock } from '../base/time.ts'
import { type CacheCounts, countCache } from './cache-counts.ts'
import type { CacheTier, Found, Versioned } from './cache-tier.ts'
import { type MemoryTier, memoryTier } from './memory-tier.ts'

/** The key of a cached answer: every parameter that the answer depends on. */
export interface CacheKey {
  /** Names the question and the form of its answer. Another form needs another name. */
  readonly kind: string
  readonly tenantId: number
  /** JSON values in a fixed order. */
  readonly parameters: readonly unknown[]
}

export interface CacheQuestion extends CacheKey {
  /** Milliseconds for which an answer is cached when nothing changes. */
  readonly ttlMs: number
  /** Reads the answer and its version in one snapshot. */
  load(): Promise<Versioned>
  /** Reads only the version, at less cost. */
  check(): Promise<number>
}

export interface Cache {
  /**
   * Returns the answer as JSON text. With Redis, a caller never gets an older answer than it has got before, from whichever instance.
   * Without Redis that holds within an instance, and another instance's write is hidden for two seconds at most. The same bound holds
   * when an invalidation is lost. Concurrent equal questions read the database once.
   * @throws the errors of `load` and `check`, when they fail for this caller too.
   */
  read(question: CacheQuestion): Promise<string>
  /** Invalidates the cached answers of a key. Call it after the commit of a change; it never throws. Safe to repeat. */
  forget(key: CacheKey): Promise<void>
  close(): void
}

export interface CacheDeps {
  readonly clock: Clock
  /** Undefined when answers are cached only in this instance. */
  readonly redis: (CacheTier & { close(): void }) | undefined
  /** Maximum bytes in the instance's own memory. */
  readonly maxBytes: number
  /** Called for every read. */
  readonly counted?: CacheCounts['add'] | undefined
}

/** An answer that the database has not confirmed for this long is confirmed before it is returned. */
const CONFIRMED_MS = 2_000

/** The state that all cached questions of an instance share. */
interface Shared {
  readonly memory: MemoryTier
  readonly redis: CacheTier | undefined
  readonly counts: CacheCounts
  readonly loads: Map<string, Promise<Versioned>>
  readonly checks: Map<string, Promise<number>>
}

/** A read in progress: the state of its key in the tiers before anything was read. */
interface Reading {
  readonly question: CacheQuestion
  readonly key: string
  /** The tier that decides: Redis when it answered, otherwise this instance's. */
  readonly tier: CacheTier
  readonly found: Found
  readonly local: Found
}

/** Makes a cache from its parts; shared/cache/open-cache.ts opens the cache of a function. */
export function createCache({ clock, redis, maxBytes, counted }: CacheDeps): Cache {
  const shared: Shared = {
    memory: memoryTier({ clock, maxBytes }),
    redis,
    counts: countCache(clock, counted),
    loads: new Map(),
    checks: new Map(),
  }
  return {
    read: async (question) => await read(shared, question),
    forget: async (key) => await forget(shared, keyOf(key)),
    close: () => redis?.close(),
  }
}

async function read(shared: Shared, question: CacheQuestion): Promise<string> {
  const key = keyOf(question)
  let reading = await begin(shared, question, key)
  const recalled = await recall(shared, reading)
  if (recalled !== undefined) return recalled
  if (reading.found.kept) {
    // The database has another version: the writer could not invalidate this key.
    await forget(shared, key)
    reading = await begin(shared, question, key)
  }
  const { generation, floor } = reading.found
  // The load is shared only with callers that found the same generation: its result is younger than everything that was shown before.
  const value = await share(shared.loads, `${key} ${generation}`, async () => await readAnew(shared, reading))
  return value.version >= floor ? value.text : (await readAnew(shared, reading)).text
}

async function begin({ memory, redis }: Shared, question: CacheQuestion, key: string): Promise<Reading> {
  const local = memory.look(key)
  const remote = await redis?.find(key, local.kept)
  return redis && remote
    ? { question, key, tier: redis, found: remote, local }
    : { question, key, tier: memory, found: memory.look(key), local }
}

/** Returns the cached answer if it may be returned. */
async function recall(shared: Shared, { question, key, tier, found, local }: Reading): Promise<string | undefined> {
  const { memory, counts, checks } = shared
  const { kept } = found
  if (!kept) return undefined
  if (kept.ageMs >= 0 && kept.ageMs < CONFIRMED_MS) {
    if (tier !== memory) memory.copy(key, local, kept, question.ttlMs, kept.ageMs)
    counts.add(question.kind, tier === memory ? 'memory' : 'redis')
    return kept.text
  }
  const newest = await share(checks, `${key} ${found.generation} ${kept.version}`, () => question.check())
  if (newest !== kept.version) return undefined
  await tier.confirm(key, found, newest)
  counts.add(question.kind, 'confirmed')
  return kept.text
}

async function readAnew(shared: Shared, { question, key, tier, found, local }: Reading): Promise<Versioned> {
  const { memory, counts } = shared
  const value = await question.load()
  counts.add(question.kind, 'loaded')
  // The loaded version is older than one shown before, so that one never belonged to this database.
  if (value.version < found.floor) await forget(shared, key)
  else await tier.put(key, found, value, question.ttlMs)
  if (tier !== memory) memory.copy(key, local, value, question.ttlMs, 0)
  return value
}

async function forget({ memory, redis }: Shared, key: string): Promise<void> {
  await Promise.all([memory.forget(key), redis?.forget(key)])
}

/** Derives a key whose length does not depend on the parameters. */
function keyOf({ kind, tenantId, parameters }: CacheKey): string {
  const hash = createHash('sha256').update(JSON.stringify(parameters)).digest('base64url')
  return `penstock:${kind}:${tenantId}:${hash}`
}
