// An issuer of tokens with a key set at a URL: the claims of its tokens, and tokens that are made by hand.
import { createServer } from 'node:http'
import { type RunningServer, startServer } from './http.ts'

/** Encodes a part of a token. */
export const tokenPart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Makes an issuer whose tokens have these claims, unless a test changes them. */
export function tokenIssuer(claims: Readonly<Record<string, unknown>>) {
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
    async start(keys: readonly object[]): Promise<void> {
      issuer.body = JSON.stringify({ keys })
      const answering = createServer((_request, response) => {
        issuer.asked++
        response.writeHead(issuer.status, { 'content-type': 'application/json' }).end(issuer.body)
      })
      server = await startServer(answering)
    },
    stop: async () => await server?.stop(),
    /** Returns the claims with a change. A claim that is changed to undefined is left out. */
    claimsWith(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
      const changed = Object.entries({ ...claims, ...change })
      return Object.fromEntries(changed.filter(([, value]) => value !== undefined))
    },
    /** Makes a token whose signature is made by hand. */
    forge(header: object, signatureOf: (signed: string) => string): string {
      const signed = `${tokenPart(header)}.${tokenPart(claims)}`
      return `${signed}.${signatureOf(signed)}`
    },
  }
  return issuer
}
