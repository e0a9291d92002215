// Verifies ID tokens of Google service accounts: signature, issuer, audience and e-mail address, without relying on the platform.
import { type JWTPayload, jwtVerify } from 'jose'
import { Problem } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import type { EdgeConfig } from '../config/config.ts'
import { issuerKeys } from './issuer-keys.ts'
import { type RefusedToken, refusalOf } from './user-token.ts'

export type VerifiedToken = { readonly email: string } | RefusedToken

export type VerifyIdToken = (token: string) => Promise<VerifiedToken>

/** Google's tokens have about 1,200 characters. */
const MAX_LENGTH = 4096
const CLOCK_SKEW_S = 5

/**
 * Makes the verifier of ID tokens. The issuer's keys are fetched on first use and cached for ten minutes. The result names what is wrong
 * with a token, for the log only. @throws {Problem} 503 when the keys cannot be fetched.
 */
export function idTokenVerifier(deps: { readonly clock: Clock; readonly oidc: EdgeConfig['oidc'] }): VerifyIdToken {
  const { audience, issuer, jwksUrl, emails } = deps.oidc
  const keys = issuerKeys(jwksUrl)
  return async (token) => {
    if (audience === undefined) return { refused: 'no audience is configured' }
    if (token.length > MAX_LENGTH) return { refused: 'the token is too long' }
    if (token.endsWith('.SIGNATURE_REMOVED_BY_GOOGLE')) {
      return { refused: 'the platform removed the signature: let allUsers invoke the function' }
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        issuer,
        audience,
        requiredClaims: ['exp', 'iat', 'sub', 'email'],
        clockTolerance: CLOCK_SKEW_S,
        currentDate: new Date(deps.clock()),
      })
      return checkEmail(payload, emails)
    } catch (error) {
      if (error instanceof Problem) throw error
      return refusalOf(error)
    }
  }
}

function checkEmail(payload: JWTPayload, emails: readonly string[]): VerifiedToken {
  const { email, email_verified: verified } = payload
  if (typeof email !== 'string') return { refused: 'the token names no e-mail address' }
  if (verified !== true) return { refused: `the e-mail address ${email} is not verified` }
  if (!emails.includes(email)) return { refused: `${email} is not in OIDC_EMAILS` }
  return { email }
}
