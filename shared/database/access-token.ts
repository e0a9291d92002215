// Access tokens of the service account that this process runs as, from the metadata server.

import type { Clock } from '../base/time.ts'
import { WayInError } from './database-errors.ts'

export interface AccessTokens {
  /**
   * A token that is valid for another minute at least, by the wall clock: an instance may have been frozen since it got its last one.
   * @throws {WayInError} when the metadata server gives none.
   */
  get(): Promise<string>
  /** When the token that is remembered was fetched, in milliseconds since 1970. */
  since(): number | undefined
  /** The next `get` asks again. */
  forget(): void
}

export interface TokenOptions {
  /** Host of the metadata server, with its port if it has one. */
  readonly host: string
  /** The scope of the token: https://www.googleapis.com/auth/… */
  readonly scope: string
  readonly timeoutMs: number
  readonly now: Clock
}

/** The server itself gives a new one five minutes before the old one expires. */
const MARGIN_MS = 60_000

/**
 * Remembers one token, and asks for another when it is about to expire: no timer, and no library of 2 MB for one GET.
 * https://cloud.google.com/compute/docs/access/authenticate-workloads#curl
 */
export function metadataTokens({ host, scope, timeoutMs, now }: TokenOptions): AccessTokens {
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`
  let known: { readonly token: string; readonly at: number; readonly expiresAt: number } | undefined
  return {
    async get() {
      if (known === undefined || known.expiresAt - MARGIN_MS <= now()) {
        const at = now()
        const { token, expiresInS } = await fetchToken(url, timeoutMs)
        known = { token, at, expiresAt: at + expiresInS * 1_000 }
      }
      return known.token
    },
    since: () => known?.at,
    forget() {
      known = undefined
    },
  }
}

async function fetchToken(url: string, timeoutMs: number): Promise<{ token: string; expiresInS: number }> {
  try {
    const answer = await fetch(url, {
      headers: { 'metadata-flavor': 'Google' },
      // It never redirects; whatever does is something else, and would be believed.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    if (answer.headers.get('metadata-flavor') !== 'Google')
      throw new Error('the server that answered is not a metadata server')
    const { access_token: token, expires_in: expiresInS } = (await answer.json()) as Record<string, unknown>
    if (typeof token !== 'string' || typeof expiresInS !== 'number') throw new Error('the answer holds no token')
    return { token, expiresInS }
  } catch (error) {
    throw new WayInError('passing', `no access token from the metadata server: ${(error as Error).message}`, error)
  }
}
