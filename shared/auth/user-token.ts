// Verifies users' tokens (JWT) of a configured issuer. Signature, issuer, audience, algorithm and times are checked on every request.
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { Problem } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import { brokenTextRule } from '../base/wire.ts'
import type { UserTokens } from '../config/config.ts'
import { issuerKeys } from './issuer-keys.ts'

/** The reason why a token is refused. `forged`: the issuer did not sign it; otherwise it has expired, or has another audience. */
export interface RefusedToken {
  readonly refused: string
  readonly forged?: boolean
}

/** The verified subject and tenant name, or the reason of the refusal. The tenant may not exist. */
export type VerifiedUser = { readonly subject: string; readonly tenant: string } | RefusedToken

export type VerifyUserToken = (token: string) => Promise<VerifiedUser>

export interface UserVerifier {
  /** True when a token claims to come from the users' issuer, which proves nothing yet. */
  issued(token: string): boolean
  /** The tenant and the subject that a token claims, which proves nothing either. */
  claimed(token: string): string
  /** The result names what is wrong with a token, for the log only. @throws {Problem} 503 when the issuer's keys cannot be fetched. */
  readonly verify: VerifyUserToken
}

/** Asymmetric algorithms only: with a shared-secret algorithm in the list, the public key would be accepted as the secret. */
const ALGORITHMS = ['RS256', 'ES256']
const MAX_LENGTH = 8192
const CLOCK_SKEW_S = 5
/** The same limit as for `user_id` on the wire. */
const MAX_SUBJECT = 100
const MAX_TENANT = 63

/** Returns undefined when no user issuer is configured. */
export function userVerifier(deps: {
  readonly clock: Clock
  readonly users: UserTokens | undefined
}): UserVerifier | undefined {
  if (!deps.users) return undefined
  const { issuer, audience, jwksUrl, tenantClaim } = deps.users
  const keys = issuerKeys(jwksUrl)
  return {
    issued: (token) => token.length <= MAX_LENGTH && claimsOf(token)?.iss === issuer,
    claimed(token) {
      const claims = claimsOf(token)
      return `${String(claims?.[tenantClaim]).slice(0, MAX_TENANT)} ${String(claims?.sub).slice(0, MAX_SUBJECT)}`
    },
    async verify(token) {
      if (token.length > MAX_LENGTH) return { refused: 'the token is too long' }
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ALGORITHMS,
          issuer,
          audience,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: CLOCK_SKEW_S,
          currentDate: new Date(deps.clock()),
        })
        return readClaims(payload, tenantClaim)
      } catch (error) {
        if (error instanceof Problem) throw error
        return refusalOf(error)
      }
    },
  }
}

/** Returns the reason why a token could not be verified. A token that was valid once, or elsewhere, is not forged. */
export function refusalOf(error: unknown): RefusedToken {
  const forged = !(error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed)
  const refused = error instanceof errors.JOSEError ? `${error.code}: ${error.message}` : 'the token cannot be read'
  return { refused, ...(forged ? { forged } : {}) }
}

function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}

function readClaims(payload: JWTPayload, tenantClaim: string): VerifiedUser {
  const { sub: subject, [tenantClaim]: tenant } = payload
  const broken = typeof subject === 'string' ? brokenTextRule(subject, MAX_SUBJECT) : 'is not text'
  if (typeof subject !== 'string' || broken !== undefined) return { refused: `the token's subject ${broken}` }
  if (typeof tenant !== 'string') return { refused: `the token's claim ${tenantClaim} names no tenant` }
  return { subject, tenant }
}
