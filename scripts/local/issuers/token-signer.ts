// The common part of the local issuers: a key of their own, and a server that publishes its public half.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { guarded } from '../stand-in.ts'

export interface TokenSigner {
  /** The public key, as a key set. */
  readonly keySet: { readonly keys: readonly object[] }
  /** Returns a JWT with these claims, signed by RS256. */
  sign(claims: object): string
}

/** Makes a signer with a new key, which lives as long as the process. */
export function createTokenSigner(): TokenSigner {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' }
  const header = { alg: 'RS256', kid: key.kid, typ: 'JWT' }
  return {
    keySet: { keys: [key] },
    sign(claims) {
      const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
    },
  }
}

/**
 * Makes a server that answers each path with its document, as JSON, or as plain text for a string, and 404 otherwise. It does not answer
 * web pages.
 */
export function documentServer(documents: Readonly<Record<string, (query: URLSearchParams) => unknown>>): Server {
  const listener: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const document = documents[pathname]?.(searchParams)
    if (typeof document === 'string') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(document)
      return
    }
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? { error: 'not_found' }))
  }
  return createServer(guarded('', listener))
}
