// Guards the local stand-ins for Google's services: on a shared machine they serve only the user who started them.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { isLocalHost } from '@penstock/shared/http/cors.ts'

/** Makes a path segment that cannot be guessed; a user who may read `.penstock/local.json` knows it. */
export const createSecretPath = (): string => `/${randomBytes(24).toString('base64url')}`

/**
 * Accepts requests that know the secret path and cannot come from a web page; the listener gets their URL without that path. A web page is
 * recognised by its `Origin`, or by a `Host` other than this machine's (DNS rebinding). Everything else is answered 403 or 404, without
 * headers that let a page read it.
 */
export function guarded(secretPath: string, listener: RequestListener): RequestListener {
  return (request, response) => {
    const { host, origin } = request.headers
    const refuse = (status: number, message: string): void => {
      request.resume()
      response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
      response.end(JSON.stringify({ error: { code: status, message } }))
    }
    if (origin !== undefined || !isLocalHost(host)) return refuse(403, 'This server answers no web page.')
    const url = request.url ?? '/'
    if (!beginsWith(url, secretPath)) return refuse(404, 'Not Found: the whole base URL is in .penstock/local.json.')
    request.url = url.slice(secretPath.length)
    listener(request, response)
  }
}

/** An empty path would be known to everybody. */
function beginsWith(url: string, secretPath: string): boolean {
  if (secretPath === '') return true
  const begin = Buffer.from(url.slice(0, secretPath.length))
  const secret = Buffer.from(secretPath)
  return begin.length === secret.length && timingSafeEqual(begin, secret) && url[secretPath.length] === '/'
}
