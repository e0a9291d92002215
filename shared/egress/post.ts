// Sends one POST to a checked address: no redirect is followed, the time is limited, and the answer is discarded.
import { type ClientRequest, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { type CheckedTarget, hostOf } from './target.ts'

export interface PostBody {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Maximum milliseconds from the connection to the end of the answer. */
  readonly timeoutMs: number
}

/** Bytes of an answer that are read; after them the connection is closed. */
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_HEADER_BYTES = 16 * 1024

/**
 * Sends the body, and returns the status of the answer, which may be a redirect.
 * @throws {Error} when there was no answer within the time; `code` says why.
 */
export async function post(
  { url, address, family }: CheckedTarget,
  { headers, body, timeoutMs }: PostBody,
): Promise<number> {
  const host = hostOf(url)
  // The name is not resolved again: between two look-ups its owner could change it to an internal address.
  const lookup: LookupFunction = (_, options, callback) => {
    if (options.all) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
  const options = {
    host,
    port: url.port,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
    lookup,
    // A connection of its own: a pooled one could belong to another address of the same name.
    agent: false as const,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal: AbortSignal.timeout(timeoutMs),
  }
  const sent =
    url.protocol === 'https:'
      ? requestSecure({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : requestPlain(options)
  return await statusOf(sent, body)
}

async function statusOf(sent: ClientRequest, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let status: number | undefined
  // The status is the receiver's decision: an answer that stops after it changes nothing.
  const fail = (error: unknown): void => (status === undefined ? reject(error as Error) : resolve(status))
  sent.once('error', fail)
  sent.once('response', (answer) => {
    const received = answer.statusCode ?? 0
    status = received
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_ANSWER_BYTES) return
      resolve(received)
      sent.destroy()
    })
    answer.once('end', () => resolve(received))
    answer.once('error', fail)
  })
  sent.end(body)
  return await promise
}
