// A local stand-in for the identity provider of a tenant's users: it signs a token for every caller that knows its secret path, so that a
// page can be tried.
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath } from '../stand-in.ts'
import { createTokenSigner, documentServer } from './token-signer.ts'

const LIFETIME_S = 3600

/** The audience of the tokens: USER_AUDIENCE of every function. */
export const USER_AUDIENCE = 'penstock/local'

export interface UserIssuer {
  /** The issuer (`iss`) of the tokens. */
  readonly issuer: string
  /** `GET /token?tenant=…&subject=…` below this URL returns a token and nothing else. Its path is secret, because it gives access as any user. */
  readonly signUrl: string
  readonly jwksUrl: string
  /** Returns a user's token for an hour. The tenant need not exist; functions check that. */
  token(tenant: string, subject: string): string
  close(): Promise<void>
}

/** Starts an issuer on loopback, with a key that differs from that of service accounts. */
export async function startUserIssuer(deps: { readonly clock: () => number }): Promise<UserIssuer> {
  const signer = createTokenSigner()
  const secretPath = createSecretPath()
  let issuer = ''
  const token = (tenant: string, subject: string): string => {
    const now = Math.floor(deps.clock() / 1000)
    return signer.sign({ iss: issuer, aud: USER_AUDIENCE, sub: subject, tenant, iat: now, exp: now + LIFETIME_S })
  }
  const server = documentServer({
    '/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/keys` }),
    '/keys': () => signer.keySet,
    [`${secretPath}/token`](query) {
      const [tenant, subject] = [query.get('tenant'), query.get('subject')]
      return tenant !== null && subject !== null ? token(tenant, subject) : undefined
    },
  })
  issuer = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`
  return {
    issuer,
    signUrl: `${issuer}${secretPath}`,
    jwksUrl: `${issuer}/keys`,
    token,
    close: () => closeServer(server),
  }
}
