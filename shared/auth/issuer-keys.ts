// The keys that a token issuer signs with, by their URL.
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { busy } from '../base/problem.ts'

const FETCH_MS = 5_000
/** Minimum time between two fetches that are caused by tokens with unknown key ids. */
const COOLDOWN_MS = 30_000
const KEPT_MS = 600_000

/**
 * Makes the function that finds the key of a token's header. Keys are fetched on first use, once for all concurrent callers, and cached
 * for ten minutes. jose reports an unreachable key set like a bad token, although the first is not the caller's fault.
 * @throws {Problem} 503 when the keys cannot be fetched. @throws {errors.JOSEError} when the issuer has no such key.
 */
export function issuerKeys(url: string): JWTVerifyGetKey {
  const limits = { timeoutDuration: FETCH_MS, cooldownDuration: COOLDOWN_MS, cacheMaxAge: KEPT_MS }
  const keys = createRemoteJWKSet(new URL(url), limits)
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw busy('The credential cannot be verified at the moment.', error)
    }
  }
}
