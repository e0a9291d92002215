// Answers cached in this instance; the least recently used is evicted first. Its methods are synchronous: they have finished when they
// return.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/time.ts'
import type { CacheTier, Found, Versioned } from './cache-tier.ts'

interface Slot {
  readonly generation: string
  readonly floor: number
  readonly kept?: Versioned & { readonly confirmedAt: number; readonly expiresAt: number }
}

/** Memory of an entry in addition to its text: keys, numbers and the map's own. */
const SLOT_BYTES = 500

export interface MemoryTier extends CacheTier {
  /** Like `find`, but synchronous. */
  look(key: string): Found
  /** Caches an answer of another tier, whose age is known there. */
  copy(key: string, found: Found, value: Versioned, ttlMs: number, ageMs: number): void
}

/** Opens a tier of at most `maxBytes`. */
export function memoryTier({ clock, maxBytes }: { readonly clock: Clock; readonly maxBytes: number }): MemoryTier {
  const sizeCalculation = ({ kept }: Slot): number => SLOT_BYTES + 2 * (kept?.text.length ?? 0)
  const slots = new LRUCache<string, Slot>({ maxSize: maxBytes, maxEntrySize: maxBytes / 4, sizeCalculation })
  let generations = 0

  function slotOf(key: string): Slot {
    const slot = slots.get(key)
    if (slot && (!slot.kept || clock() < slot.kept.expiresAt)) return slot
    const fresh = { generation: String(++generations), floor: 0 }
    slots.set(key, fresh)
    return fresh
  }

  function look(key: string): Found {
    const { generation, floor, kept } = slotOf(key)
    const at = clock()
    if (!kept) return { generation, floor, at }
    return { generation, floor, at, kept: { version: kept.version, text: kept.text, ageMs: at - kept.confirmedAt } }
  }

  function copy(key: string, found: Found, value: Versioned, ttlMs: number, ageMs: number): void {
    const { generation, floor, kept } = slotOf(key)
    if (value.version < floor) return
    if (generation === found.generation) {
      const confirmedAt = found.at - ageMs
      const { version, text } = value
      slots.set(key, {
        generation,
        floor: version,
        kept: { version, text, confirmedAt, expiresAt: confirmedAt + ttlMs },
      })
      return
    }
    const isNewest = kept?.version === value.version
    slots.set(key, { generation, floor: value.version, ...(isNewest ? { kept } : {}) })
  }

  return {
    look,
    copy,
    find: async (key) => look(key),
    put: async (key, found, value, ttlMs) => copy(key, found, value, ttlMs, 0),
    async confirm(key, found, version) {
      const slot = slotOf(key)
      if (slot.generation !== found.generation || slot.kept?.version !== version) return
      slots.set(key, { ...slot, kept: { ...slot.kept, confirmedAt: found.at } })
    },
    async forget(key) {
      slots.delete(key)
    },
  }
}
