// Opens a function's cache from its settings.
import { randomUUID } from 'node:crypto'
import type { CacheConfig } from '../config/cache-config.ts'
import { type Cache, createCache } from './cache.ts'
import { redisLink } from './redis-link.ts'
import { redisTier } from './redis-tier.ts'

/** Opens the cache of a function. It connects to Redis on the first question. */
export function openCache({ redis, maxBytes }: CacheConfig): Cache {
  const elapsed = (): number => performance.now()
  const tier = redis && redisTier({ link: redisLink({ config: redis, elapsed }), newId: randomUUID, elapsed })
  return createCache({ clock: Date.now, redis: tier, maxBytes })
}
