// Answers that are read once and given often: in this instance, and in Redis where there is one. A cache that cannot lie: what it
// gives was true when it was asked, or less than two seconds before.
import { createHash } from 'node:crypto'
import { share } from '../base/shared-flight.ts'
import type { Clock } from '../base/time.ts'
import { type CacheCounts, countCache } from './cache-counts.ts'
import type { CacheTier, Found, Versioned } from './cache-tier.ts'
import { type MemoryTier, memoryTier } from './memory-tier.ts'

/** The key of a cached answer: every parameter that it depends on. */
export interface CacheKey {
  /** Names the question and the form of its answer: another form, another name. */
  readonly kind: string
  readonly tenantId: number
  /** JSON values, in an order of their own. */
  readonly parameters: readonly unknown[]
}

export interface CacheQuestion extends CacheKey {
  /** How long an answer is kept when nothing changes. */
  readonly ttlMs: number
  /** Reads the answer and its version in one snapshot. */
  load(): Promise<Versioned>
  /** Reads the version alone, at less cost. */
  check(): Promise<number>
}

export interface Cache {
  /**
   * The answer as JSON text. Whoever asks is never given one that is older than any it has been given, by whichever instance, while Redis
   * is there; without Redis that holds within an instance, and another's write is hidden for two seconds at most. The same bound holds
   * when an invalidation is lost. Equal questions at the same time read the database once.
   * @throws what `load` and `check` throw, when they fail for this caller too.
   */
  read(question: CacheQuestion): Promise<string>
  /** Ends what is kept under a key. Called after the commit of what changed; never throws. Safe to repeat. */
  forget(key: CacheKey): Promise<void>
  close(): void
}

export interface CacheDeps {
  readonly clock: Clock
  /** Undefined: answers are kept in this instance alone. */
  readonly redis: (CacheTier & { close(): void }) | undefined
  /** Limit of the instance's own memory. */
  readonly maxBytes: number
}

/** An answer that the database has not confirmed for so long is confirmed before it is given. */
const CONFIRMED_MS = 2_000

/** The state that all cached questions of an instance share. */
interface Shared {
  readonly memory: MemoryTier
  readonly redis: CacheTier | undefined
  readonly counts: CacheCounts
  readonly loads: Map<string, Promise<Versioned>>
  readonly checks: Map<string, Promise<number>>
}

/** A read on its way: what the tiers knew of its key before anything was read. */
interface Reading {
  readonly question: CacheQuestion
  readonly key: string
  /** The tier that decides: Redis where it answered, else this instance's. */
  readonly tier: CacheTier
  readonly found: Found
  readonly local: Found
}

/** The cache as such; shared/cache/open-cache.ts opens a function's. */
export function createCache({ clock, redis, maxBytes }: CacheDeps): Cache {
  const shared: Shared = {
    memory: memoryTier({ clock, maxBytes }),
    redis,
    counts: countCache(clock),
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
    // The database has another version: whoever changed it could not say so.
    await forget(shared, key)
    reading = await begin(shared, question, key)
  }
  const { generation, floor } = reading.found
  // Shared with those alone who found the same generation: what is read for it is younger than all that was shown before it.
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

/** The kept answer, when it is one to give. */
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
  // Older than what was shown before it was read: then that was never of this database.
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
