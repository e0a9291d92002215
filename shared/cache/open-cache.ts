// A function's cache, as its settings have it.
import { randomUUID } from 'node:crypto'
import type { CacheConfig } from '../config/cache-config.ts'
import { type Cache, createCache } from './cache.ts'
import { redisLink } from './redis-link.ts'
import { redisTier } from './redis-tier.ts'

/** Opens the cache of a function. Nothing is connected before the first question. */
export function openCache({ redis, maxBytes }: CacheConfig): Cache {
  const elapsed = (): number => performance.now()
  const tier = redis && redisTier({ link: redisLink({ config: redis, elapsed }), newId: randomUUID, elapsed })
  return createCache({ clock: Date.now, redis: tier, maxBytes })
}
