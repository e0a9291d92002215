// Finds the credential of a request.
import type { IncomingHttpHeaders } from 'node:http'

export interface Credential {
  /** Empty when the header is present but malformed. */
  readonly text: string
  /** True for `Authorization: Bearer`, the only header that may hold a token instead of a key. */
  readonly bearer: boolean
}

/**
 * Returns the credential of a request; undefined when it has none. `X-API-Key` comes first, because a proxy may set `Authorization`.
 * Otherwise reads `Authorization` as Bearer, as Token (InfluxDB clients) or as the password of Basic (agents), case-insensitively.
 */
export function readCredential(headers: IncomingHttpHeaders): Credential | undefined {
  const key = headers['x-api-key']
  if (key !== undefined) return { text: String(key).trim(), bearer: false }
  if (headers.authorization === undefined) return undefined
  const value = headers.authorization.trim()
  const gap = value.indexOf(' ')
  const rest = value.slice(gap + 1).trim()
  switch (value.slice(0, Math.max(gap, 0)).toLowerCase()) {
    case 'bearer':
      return { text: rest, bearer: true }
    case 'token':
      return { text: rest, bearer: false }
    case 'basic':
      return { text: passwordOf(rest), bearer: false }
    default:
      return { text: '', bearer: false }
  }
}

function passwordOf(encoded: string): string {
  const decoded = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = decoded.indexOf(':')
  return colon === -1 ? '' : decoded.slice(colon + 1)
}
