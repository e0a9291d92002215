// Gets access tokens for the service account that this process runs as, from the metadata server.

import type { Clock } from '../base/time.ts'
import { WayInError } from './database-errors.ts'

export interface AccessTokens {
  /**
   * Returns a token that is valid for another minute at least, by the wall clock: an instance may have been suspended since it got its
   * last one.
   * @throws {WayInError} when the metadata server gives none.
   */
  get(): Promise<string>
  /** Returns when the cached token was fetched, in milliseconds since 1970. */
  since(): number | undefined
  /** Drops the cached token, so the next `get` fetches one. */
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

/** The metadata server itself returns a new token five minutes before the old one expires. */
const MARGIN_MS = 60_000

/**
 * Caches one token and fetches another when it is about to expire. It needs no timer, and no library of 2 MB for one GET.
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
      // The metadata server never redirects; a redirect would come from another server, whose answer must not be trusted.
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
