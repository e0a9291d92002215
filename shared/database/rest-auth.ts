// The credentials of Google's clients over REST, without their own library of credentials.
import type { Clock } from '../base/time.ts'
import { metadataTokens } from './access-token.ts'

export interface RestAuthOptions {
  /** Address of the service, which then needs no token; Google's when absent. */
  readonly endpoint: string | undefined
  readonly metadataHost: string
  readonly scope: string
  readonly timeoutMs: number
  readonly now: Clock
}

/**
 * Makes everything that a client's REST transport uses of its `auth`: google-gax/build/src/fallbackServiceStub.js calls only `fetch`. Pass it
 * as `auth` together with `fallback: true`.
 */
export function restAuth({ endpoint, metadataHost: host, scope, timeoutMs, now }: RestAuthOptions) {
  const tokens = endpoint === undefined ? metadataTokens({ host, scope, timeoutMs, now }) : undefined
  const headersOf = async (): Promise<Headers> =>
    new Headers(tokens ? { authorization: `Bearer ${await tokens.get()}` } : {})
  return {
    getRequestHeaders: headersOf,
    async fetch(url: string, { method, headers, body, signal }: RequestInit): Promise<Response> {
      const all = new Headers(headers)
      for (const [name, value] of await headersOf()) all.set(name, value)
      return await fetch(addressOf(url, endpoint), {
        method,
        headers: all,
        body,
        signal,
        redirect: 'error',
      } as RequestInit)
    },
  }
}

/** The path of a request at another address than Google's. */
function addressOf(url: string, endpoint: string | undefined): string {
  if (endpoint === undefined) return url
  const { pathname, search } = new URL(url)
  return `${endpoint.replace(/\/$/, '')}${pathname}${search}`
}
