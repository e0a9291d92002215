// A cache of API keys that were looked up recently. Unknown keys have a cache of their own, so made-up keys never evict a real one.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/time.ts'
import type { ParsedApiKey } from './api-key.ts'
import { type InTurn, takingTurns, type UnprovenLimits } from './unproven-keys.ts'

export interface KeyMemory<T extends object> {
  /** True for a key that was found once with this secret. It may have been revoked since. */
  has(key: ParsedApiKey): boolean
  /**
   * Returns the key as the database has it, at most 30 s old; undefined when the database does not have it. Concurrent callers of one key
   * share one look-up. A failed look-up is not cached.
   * @throws {Problem} 429 or 503 for a key whose share of look-ups is used up, and any error of `lookUp`.
   */
  find(key: ParsedApiKey, address: string, lookUp: () => Promise<T | undefined>): Promise<T | undefined>
}

const REMEMBERED = 10_000
const REMEMBERED_MS = 30_000

interface Entry<T> {
  readonly value: T
  readonly askedAt: number
}

/**
 * Opens an empty cache. A key is looked up at once when its checksum proves that it was issued, or when it was known before; every other
 * key waits for its turn (see `takingTurns`).
 */
export function openKeyMemory<T extends object>(deps: {
  readonly clock: Clock
  readonly limits?: UnprovenLimits
}): KeyMemory<T> {
  const known = new LRUCache<string, Entry<T>>({ max: REMEMBERED })
  const unknown = new LRUCache<string, Entry<undefined>>({ max: REMEMBERED })
  const inTurn: InTurn = takingTurns(deps)
  const underWay = new Map<string, Promise<T | undefined>>()

  const isFresh = (entry: Entry<unknown> | undefined): boolean => {
    const age = deps.clock() - (entry?.askedAt ?? 0)
    return entry !== undefined && age >= 0 && age < REMEMBERED_MS
  }
  const load = async (name: string, ask: () => Promise<T | undefined>): Promise<T | undefined> => {
    try {
      return await ask()
    } finally {
      underWay.delete(name)
    }
  }
  return {
    has: (key) => known.has(nameOf(key)),
    async find(key, address, lookUp) {
      const name = nameOf(key)
      const found = known.get(name)
      if (found && isFresh(found)) return found.value
      if (isFresh(unknown.get(name))) return undefined
      const shared = underWay.get(name)
      if (shared) return await shared
      const ask = async (): Promise<T | undefined> => {
        const askedAt = deps.clock()
        const value = await lookUp()
        if (value) known.set(name, { value, askedAt })
        else unknown.set(name, { value, askedAt })
        if (!value) known.delete(name)
        return value
      }
      const own = load(name, key.proven || found ? ask : async () => await inTurn(address, ask))
      underWay.set(name, own)
      return await own
    },
  }
}

const nameOf = ({ id, secretSha256 }: ParsedApiKey): string => `${id} ${secretSha256.toString('hex')}`
