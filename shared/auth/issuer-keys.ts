// The keys that an issuer of tokens signs with, by its URL.
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { busy } from '../base/problem.ts'

const FETCH_MS = 5_000
/** Tokens that name keys which are not there make us ask again this often at most. */
const COOLDOWN_MS = 30_000
const KEPT_MS = 600_000

/**
 * The key of a token's header. Keys are fetched when first needed, once for all who wait, and kept ten minutes.
 * jose reports an unreachable key set and a bad token alike, as errors of verification: the first is not the caller's fault.
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
