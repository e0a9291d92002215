// Sends one request and returns its status. Client addresses are set like a proxy in front would set them.
import { Agent, request } from 'node:http'

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly key: string
  readonly address: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Returns the status of a request; 0 when there was none in time, or the connection broke. */
export type Ask = (question: Question) => Promise<number>

const TIMEOUT_MS = 30_000

/** Sends requests to a function at its port, over as many connections as there are concurrent requests. */
export function asker(port: number): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  return async ({ method, path, key, address, headers, body }) =>
    await new Promise((resolve) => {
      const sent = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          method,
          path,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${key}`,
            'x-forwarded-for': address,
            ...headers,
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          response.on('error', () => resolve(0))
          response.on('end', () => resolve(response.statusCode ?? 0))
          response.resume()
        },
      )
      sent.on('timeout', () => sent.destroy())
      sent.on('error', () => resolve(0))
      sent.end(body)
    })
}
