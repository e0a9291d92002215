// The settings of functions that cache answers.
import { z } from 'zod'
import { wholeNumberSetting } from './config.ts'

/** Settings of functions that cache answers. */
export const cacheSettings = {
  /** `redis://…`, or `rediss://…` with TLS, which is needed in the cloud. When absent, each instance caches only for itself. */
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional(),
  /** The server's CA certificate (PEM). When it is set, no other CA is trusted. */
  REDIS_CA: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be a PEM certificate').optional(),
  /** Maximum MiB that an instance caches in its own memory. */
  CACHE_MIB: wholeNumberSetting(32, 1, 1024),
} as const

export interface CacheConfig {
  /** Undefined when there is no Redis. */
  readonly redis: { readonly url: string; readonly ca: string | undefined } | undefined
  /** Maximum bytes that an instance caches in its own memory. */
  readonly maxBytes: number
}

/**
 * Turns the settings of `cacheSettings` into the form that the cache needs.
 * @throws {Error} for a Redis that would be reached without TLS in the cloud.
 */
export function cacheConfig(settings: z.output<z.ZodObject<typeof cacheSettings>>, inCloud: boolean): CacheConfig {
  const { REDIS_URL: url, REDIS_CA: ca } = settings
  if (inCloud && url?.startsWith('redis:'))
    throw new Error('invalid settings:\n  REDIS_URL: needs TLS in the cloud (rediss://)')
  return { redis: url === undefined ? undefined : { url, ca }, maxBytes: settings.CACHE_MIB * 1024 * 1024 }
}
