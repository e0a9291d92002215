// A small cache of answers that are valid for a limited time.
import { LRUCache } from 'lru-cache'
import type { Clock } from './time.ts'

export interface Memory<T> {
  /** Returns the cached answer, or the result of `load`. Concurrent callers of one key share one load. Failures are not cached. */
  get(key: string, load: () => Promise<T>): Promise<T>
}

/**
 * Opens a cache of at most `max` answers, of which the least recently used is evicted first. An answer expires `ttlMs` after its load
 * began.
 */
export function openMemory<T>(deps: {
  readonly clock: Clock
  readonly max: number
  readonly ttlMs: number
}): Memory<T> {
  const kept = new LRUCache<string, { readonly value: T; readonly askedAt: number }>({ max: deps.max })
  const loading = new Map<string, Promise<T>>()

  const load = async (key: string, ask: () => Promise<T>): Promise<T> => {
    const askedAt = deps.clock()
    try {
      const value = await ask()
      kept.set(key, { value, askedAt })
      return value
    } finally {
      loading.delete(key)
    }
  }

  return {
    async get(key, ask) {
      const found = kept.get(key)
      const age = deps.clock() - (found?.askedAt ?? 0)
      if (found && age >= 0 && age < deps.ttlMs) return found.value
      const shared = loading.get(key)
      if (shared) return await shared
      const own = load(key, ask)
      loading.set(key, own)
      return await own
    },
  }
}
