// An issuer of tokens with a key set at a URL, and tokens that are signed like its own or made by hand.
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { type JWK, type JWTPayload, SignJWT } from 'jose'
import { type RunningServer, startServer } from './http.ts'

/** Encodes a part of a token. */
export const tokenPart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Makes an issuer whose tokens have these claims, unless a test changes them. */
export function tokenIssuer(claims: JWTPayload) {
  let server: RunningServer | undefined
  const issuer = {
    /** The answer of the key set. */
    status: 200,
    body: '',
    /** Number of times that the key set was asked for. */
    asked: 0,
    get url(): string {
      return `${server?.url}/certs`
    },
    async start(keys: readonly JWK[]): Promise<void> {
      issuer.body = JSON.stringify({ keys })
      const answering = createServer((_request, response) => {
        issuer.asked++
        response.writeHead(issuer.status, { 'content-type': 'application/json' }).end(issuer.body)
      })
      server = await startServer(answering)
    },
    stop: async () => await server?.stop(),
    /** Signs a token. A claim that is changed to undefined is left out. */
    async sign(change: JWTPayload, key: KeyObject, header: { alg: string; kid: string }): Promise<string> {
      const changed = Object.entries({ ...claims, ...change }).filter(([, value]) => value !== undefined)
      return await new SignJWT(Object.fromEntries(changed)).setProtectedHeader(header).sign(key)
    },
    /** Makes a token whose signature is made by hand. */
    forge(header: object, signatureOf: (signed: string) => string): string {
      const signed = `${tokenPart(header)}.${tokenPart(claims)}`
      return `${signed}.${signatureOf(signed)}`
    },
  }
  return issuer
}
