// Sends one HTTP request of a program: a push, a scheduled call, a call of a function, or one of a load.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Outgoing {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Limit for the whole exchange. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const agent = new Agent({ keepAlive: true })

/**
 * Sends a request and reads the answer. Unlike fetch it waits exactly as long as requested for an answer's head.
 * @throws {Error} when there is no answer within the time.
 */
export async function send(
  url: string,
  { method, headers = {}, body, timeoutMs, signal }: Outgoing,
): Promise<Answered> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const outgoing = request(url, {
    method,
    agent,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
    signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
  })
  outgoing.once('response', resolve)
  outgoing.on('error', reject)
  outgoing.end(body)
  try {
    const answer = await promise
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
  } catch (error) {
    if (timeout.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error })
    throw error
  }
}
