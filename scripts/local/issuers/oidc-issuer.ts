// A local stand-in for accounts.google.com: it signs ID tokens of service accounts, and serves the keys that verify them.
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createTokenSigner, documentServer } from './token-signer.ts'

/** One hour, like Google's. */
const LIFETIME_S = 3600
/** A token is reused while at least this much of its lifetime remains. */
const REMAINING_S = 600

export interface OidcIssuer {
  /** The issuer (`iss`) of the tokens. */
  readonly issuer: string
  readonly jwksUrl: string
  /** Returns an ID token of a service account for one audience, valid for at least ten more minutes. */
  token(audience: string, email: string): string
  close(): Promise<void>
}

/**
 * Starts an issuer on loopback. Its key lives as long as the process.
 * The claims are those of a service account's ID token: https://cloud.google.com/docs/authentication/token-types#id-contents
 */
export async function startOidcIssuer(deps: { readonly clock: () => number }): Promise<OidcIssuer> {
  const signer = createTokenSigner()
  let issuer = ''
  const server = documentServer({
    '/.well-known/openid-configuration': () => ({
      issuer,
      jwks_uri: `${issuer}/certs`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/certs': () => signer.keySet,
  })
  issuer = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`

  const issued = new Map<string, { readonly token: string; readonly expires: number }>()
  return {
    issuer,
    jwksUrl: `${issuer}/certs`,
    token(audience, email) {
      const now = Math.floor(deps.clock() / 1000)
      const known = issued.get(`${audience} ${email}`)
      if (known && known.expires - now > REMAINING_S) return known.token
      const expires = now + LIFETIME_S
      const claims = {
        iss: issuer,
        aud: audience,
        azp: email,
        sub: email,
        email,
        email_verified: true,
        iat: now,
        exp: expires,
      }
      const token = signer.sign(claims)
      issued.set(`${audience} ${email}`, { token, expires })
      return token
    },
    close: () => closeServer(server),
  }
}
