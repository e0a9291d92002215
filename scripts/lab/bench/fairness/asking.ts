// Sends one request and returns its status. Client addresses are set like a proxy in front would set them.
import { send } from '../../../cli/send.ts'

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
export const asker =
  (port: number): Ask =>
  async ({ method, path, key, address, headers, body }) => {
    const own = { authorization: `Bearer ${key}`, 'x-forwarded-for': address, ...headers }
    const outgoing = { method, headers: own, timeoutMs: TIMEOUT_MS, ...(body === undefined ? {} : { body }) }
    return await send(`http://127.0.0.1:${port}${path}`, outgoing).then(
      ({ status }) => status,
      () => 0,
    )
  }
