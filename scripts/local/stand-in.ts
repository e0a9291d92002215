// What guards the servers that stand in for Google's: on a machine that others use too, they serve the user who started them alone.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { isLocalHost } from '@penstock/shared/http/cors.ts'

/** A path segment that nobody guesses; whoever may read `.penstock/local.json` knows it. */
export const createSecretPath = (): string => `/${randomBytes(24).toString('base64url')}`

/**
 * Lets requests through that a web page cannot have sent, and that know the secret path: the listener gets their URL without it.
 * A web page is known by its `Origin`, or by a `Host` that is not this machine: a name of somebody else that was pointed at it.
 * Everything else is answered 403 or 404, with no header that lets a page read it.
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

/** An empty path is known to everybody. */
function beginsWith(url: string, secretPath: string): boolean {
  if (secretPath === '') return true
  const begin = Buffer.from(url.slice(0, secretPath.length))
  const secret = Buffer.from(secretPath)
  return begin.length === secret.length && timingSafeEqual(begin, secret) && url[secretPath.length] === '/'
}
