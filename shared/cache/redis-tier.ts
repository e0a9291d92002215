// Answers cached in Redis, for all instances. Whatever Redis does, a caller continues without it after 200 ms at the latest.
import { crc32 } from 'node:zlib'
import { logger } from '../base/logger.ts'
import type { CacheTier, Found, Versioned } from './cache-tier.ts'
import type { RedisLink } from './redis-link.ts'
import { CONFIRM, FIND, FORGET, PUT, type RedisScript } from './redis-scripts.ts'

export interface RedisTierDeps {
  readonly link: RedisLink
  /** Makes names of generations that are unique over all instances. */
  readonly newId: () => string
  /** A monotonic clock in milliseconds. */
  readonly elapsed: () => number
}

/** Longer answers are cheaper to read again than to transfer. */
const MAX_TEXT = 1_048_576
const LOG_MS = 60_000

export function redisTier({ link, newId, elapsed }: RedisTierDeps): CacheTier & { close(): void } {
  let complainedAt = Number.NEGATIVE_INFINITY

  /** Refusals concern one key or a full Redis; they are logged once per minute at most. */
  async function run(script: RedisScript, key: string, parameters: readonly string[]): Promise<unknown> {
    const answer = await link.run(script, key, parameters)
    if (answer === undefined || !('refused' in answer)) return answer?.value
    await distrust(key, answer.refused)
    return undefined
  }

  async function distrust(key: string, why: string): Promise<void> {
    if (elapsed() - complainedAt >= LOG_MS) {
      complainedAt = elapsed()
      logger.warn({ why: why.slice(0, 100) }, 'cache.refused')
    }
    // A key of another type, or with malformed content, is deleted, which repairs it; a full Redis still deletes.
    await link.run(FORGET, key, [])
  }

  return {
    async find(key, known) {
      const reply = await run(FIND, key, [newId(), known === undefined ? '' : String(known.version)])
      if (reply === undefined) return undefined
      const found = readReply(reply, key, known)
      if (found === undefined) await distrust(key, 'an entry differs from what was stored')
      return found
    },
    async put(key, { generation, at }, { version, text }, ttlMs) {
      const fits = text.length <= MAX_TEXT
      const kept = fits ? [checksum(key, version, text), text, String(ttlMs)] : ['', '', '0']
      await run(PUT, key, [generation, String(version), String(at), ...kept, newId()])
    },
    async confirm(key, { generation, at }, version) {
      await run(CONFIRM, key, [generation, String(version), String(at)])
    },
    async forget(key) {
      await run(FORGET, key, [])
    },
    close: () => link.close(),
  }
}

/** Returns undefined when the reply differs from what was put under this key. */
function readReply(reply: unknown, key: string, known: Versioned | undefined): Found | undefined {
  if (!Array.isArray(reply)) return undefined
  const [at, generation, shown, ageMs, sum, sent] = reply as readonly unknown[]
  const floor = Number(shown)
  if (typeof at !== 'number' || typeof generation !== 'string' || !Number.isSafeInteger(floor) || floor < 0)
    return undefined
  if (ageMs === undefined) return { generation, floor, at }
  const text = floor === known?.version ? known.text : sent
  if (typeof ageMs !== 'number' || typeof text !== 'string' || sum !== checksum(key, floor, text)) return undefined
  return { generation, floor, at, kept: { version: floor, text, ageMs } }
}

/** Checksum over key, version and text: an entry that was changed, truncated or stored under another key does not match. */
const checksum = (key: string, version: number, text: string): string =>
  crc32(text, crc32(`${key} ${version} `)).toString(16)
