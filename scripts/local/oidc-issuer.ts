// Stands in for accounts.google.com: signs ID tokens of service accounts, and serves the keys that verify them.
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { closeServer, listenOnLoopback } from './listen.ts'

/** As Google's: one hour. */
const LIFETIME_S = 3600
/** A token is used again while it has this long to live. */
const REMAINING_S = 600

export interface OidcIssuer {
  /** The tokens' `iss`. */
  readonly issuer: string
  readonly jwksUrl: string
  /** An ID token of a service account for one audience; valid for at least ten minutes more. */
  token(audience: string, email: string): string
  close(): Promise<void>
}

/**
 * Starts an issuer on loopback. Its key lives as long as the process.
 * The claims are those of a service account's ID token: https://cloud.google.com/docs/authentication/token-types#id-contents
 */
export async function startOidcIssuer(deps: { readonly clock: () => number }): Promise<OidcIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' }
  let issuer = ''
  const server = documentServer({
    '/.well-known/openid-configuration': () => ({
      issuer,
      jwks_uri: `${issuer}/certs`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/certs': () => ({ keys: [key] }),
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
      const token = signed({ alg: 'RS256', kid: key.kid, typ: 'JWT' }, claims, privateKey)
      issued.set(`${audience} ${email}`, { token, expires })
      return token
    },
    close: () => closeServer(server),
  }
}

function documentServer(documents: Readonly<Record<string, () => unknown>>): Server {
  return createServer((request, response) => {
    const document = documents[request.url ?? '']
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ? document() : { error: 'not_found' }))
  })
}

function signed(header: object, claims: object, key: KeyObject): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
