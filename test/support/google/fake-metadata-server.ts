// A metadata server that gives access tokens of one service account, with Google's checks.
// https://cloud.google.com/compute/docs/metadata/querying-metadata, https://cloud.google.com/run/docs/container-contract#metadata-server
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { startServer } from '../http/http.ts'

export interface FakeMetadataServer {
  /** `127.0.0.1:port`. */
  readonly host: string
  /** The tokens given so far, the newest last. */
  readonly given: readonly string[]
  /** Number of requests for a token. */
  asked(): number
  /** Returns the account of a token that is neither expired nor revoked and was requested with this scope. */
  accountOf(token: string, scope: string): string | undefined
  /** Revokes the newest token of every scope before it expires. */
  revoke(): void
  stop(): Promise<void>
}

const TOKEN_MS = 3_600_000
/** The server returns the same token again until five minutes before it expires. */
const RENEWED_MS = 300_000
const BASE = '/computeMetadata/v1/'

/** Starts the server. `onToken` is called for a new token before it is returned. */
export async function startMetadataServer(options: {
  readonly email: string
  readonly now: () => number
  readonly onToken?: (token: string, scope: string) => Promise<void>
}): Promise<FakeMetadataServer> {
  const { email, now, onToken = async () => {} } = options
  const known = new Map<string, { readonly scope: string; readonly expiresAt: number }>()
  const current = new Map<string, string>()
  const given: string[] = []
  let asked = 0

  const tokenFor = async (scope: string) => {
    const present = current.get(scope)
    const left = (known.get(present ?? '')?.expiresAt ?? 0) - now()
    if (present !== undefined && left > RENEWED_MS) return { token: present, left }
    // The length is that of Google's tokens.
    const token = `ya29.c.${randomBytes(750).toString('base64url')}`
    known.set(token, { scope, expiresAt: now() + TOKEN_MS })
    current.set(scope, token)
    given.push(token)
    await onToken(token, scope)
    return { token, left: TOKEN_MS }
  }
  const answer = async (request: IncomingMessage): Promise<[number, string]> => {
    const url = new URL(request.url ?? '/', 'http://metadata')
    // Both checks prevent a server-side request forgery from fetching a token.
    if (request.headers['metadata-flavor'] !== 'Google' || request.headers['x-forwarded-for'] !== undefined)
      return [403, 'Missing Metadata-Flavor:Google header.']
    if (!url.pathname.startsWith(BASE)) return [404, '']
    const path = url.pathname.slice(BASE.length)
    if (path === 'project/project-id') return [200, 'test-project']
    if (path === 'instance/service-accounts/default/email') return [200, email]
    if (path === 'instance/service-accounts/default/token') {
      asked++
      const { token, left } = await tokenFor(url.searchParams.get('scopes') ?? '')
      const body = { access_token: token, expires_in: Math.floor(left / 1_000), token_type: 'Bearer' }
      return [200, JSON.stringify(body)]
    }
    return [404, '']
  }
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      const type = body.startsWith('{') ? 'application/json' : 'application/text'
      response.writeHead(status, { 'metadata-flavor': 'Google', 'content-type': type }).end(body)
    })
  })
  const { port, stop } = await startServer(server)
  return {
    host: `127.0.0.1:${port}`,
    given,
    asked: () => asked,
    accountOf: (token, scope) => {
      const found = known.get(token)
      return found && found.expiresAt > now() && found.scope.split(/[ ,]/).includes(scope) ? email : undefined
    },
    revoke() {
      for (const token of current.values()) known.delete(token)
      current.clear()
    },
    stop,
  }
}
