// Opens a function's cache from its settings.
import { randomUUID } from 'node:crypto'
import type { CacheConfig } from '../config/cache-config.ts'
import { type Cache, type CacheDeps, createCache } from './cache.ts'
import { redisLink } from './redis-link.ts'
import { redisTier } from './redis-tier.ts'

/** Opens the cache of a function, which calls `counted` for every read. It connects to Redis on the first question. */
export function openCache({ redis, maxBytes }: CacheConfig, counted?: CacheDeps['counted']): Cache {
  const elapsed = (): number => performance.now()
  const tier = redis && redisTier({ link: redisLink({ config: redis, elapsed }), newId: randomUUID, elapsed })
  return createCache({ clock: Date.now, redis: tier, maxBytes, counted })
}
