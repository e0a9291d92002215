// Answers that are cached for a limited time.
import { LRUCache } from 'lru-cache'
import type { Clock } from './time.ts'

export interface Memory<T> {
  /** The remembered answer, or what `load` gives. Those who ask for one key at the same time share one load; failures are not kept. */
  get(key: string, load: () => Promise<T>): Promise<T>
}

/** A memory of at most `max` answers (the least recently used goes first), none older than `ttlMs` since it was asked for. */
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
