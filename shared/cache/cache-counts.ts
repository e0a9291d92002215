// Counts how often the cache had the answer, for the log.
import { logger } from '../base/logger.ts'
import type { Clock } from '../base/time.ts'

/** The source of an answer: this instance, Redis, either of them after the database confirmed it, or the database. */
export type CacheSource = 'memory' | 'redis' | 'confirmed' | 'loaded'

export interface CacheCounts {
  add(kind: string, source: CacheSource): void
}

const EVERY_MS = 60_000
const EVERY_READS = 10_000

/**
 * Counts reads by kind and logs one line per minute at most, or for every ten thousand reads. There is no timer, so an idle instance logs
 * nothing. Each read is handed on to `counted` too.
 */
export function countCache(clock: Clock, counted: CacheCounts['add'] = () => {}): CacheCounts {
  const kinds = new Map<string, { since: number; reads: number; counts: Record<CacheSource, number> }>()
  return {
    add(kind, source) {
      counted(kind, source)
      const now = clock()
      const one = kinds.get(kind) ?? { since: now, reads: 0, counts: { memory: 0, redis: 0, confirmed: 0, loaded: 0 } }
      kinds.set(kind, one)
      one.reads++
      one.counts[source]++
      if (now - one.since < EVERY_MS && one.reads < EVERY_READS) return
      kinds.delete(kind)
      const rate = 1 - one.counts.loaded / one.reads
      logger.info({ kind, reads: one.reads, ...one.counts, hit_rate: Number(rate.toFixed(4)) }, 'cache.rate')
    },
  }
}
