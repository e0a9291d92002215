// Sends an answer, also to a caller that is still sending its body.

import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http'
import { compress, isCompressible } from '../negotiation/compression.ts'
import { contentTag, matchesEntityTag } from '../negotiation/entity-tag.ts'
import { isArriving } from './body.ts'
import { freeChunk, type OwnedBuffer, release } from './body-buffer.ts'
import type { Reply } from './service.ts'

/** A reply as bytes. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  /** The body, when its memory is released once it is sent. */
  readonly owned?: OwnedBuffer | undefined
}

export interface AnswerLimits {
  /** Maximum milliseconds that a caller that was answered early may continue to send. */
  readonly lingerMs: number
  /** Maximum bytes that it may send in that time. */
  readonly lingerBytes: number
  /** Maximum milliseconds that a caller may read nothing of its answer. */
  readonly stalledMs: number
}

/** Serialises a reply. @throws {Error} for a body or a header that cannot be sent; nothing has been sent by then. */
export function toAnswer(reply: Reply): Answer {
  const text = reply.text ?? (reply.json === undefined ? undefined : JSON.stringify(reply.json))
  const body = text === undefined ? (reply.owned ?? reply.bytes) : Buffer.from(text)
  for (const [name, value] of Object.entries(reply.headers ?? {})) validateHeaderValue(name, value)
  const status = reply.status ?? (body ? 200 : 204)
  return {
    status,
    headers: {
      ...(body || status === 204 || status === 304 ? {} : { 'content-length': '0' }),
      ...(body ? { 'content-type': reply.type ?? 'application/json', 'content-length': String(body.length) } : {}),
      ...reply.headers,
    },
    body,
    owned: text === undefined ? reply.owned : undefined,
  }
}

/**
 * Sends an answer. When the body has not arrived completely, the answer is sent with `Connection: close`, and the rest of the body is
 * discarded, within limits of time and bytes, before the connection is closed. Closed at once, the kernel would answer the remaining
 * bytes with a reset, and the caller would lose the answer.
 */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  limits: AnswerLimits,
): void {
  response.setTimeout(limits.stalledMs)
  if (!isArriving(request)) {
    response.writeHead(answer.status, answer.headers).end(answer.body, () => forget(answer, request))
    return
  }
  response.writeHead(answer.status, { ...answer.headers, connection: 'close' })
  // Without a body (an answer to HEAD), `write` would not send the headers either.
  if (answer.body && request.method !== 'HEAD') response.write(answer.body)
  else response.flushHeaders()
  discard(request, limits, () => response.end(() => forget(answer, request)))
}

/**
 * Releases the memory of a large answer after all bytes were handed to the kernel; earlier, another answer could be written to the same
 * memory. `end()` also calls back for a destroyed socket.
 *
 * Without it, pages of a megabyte make the garbage collector run a dozen times a second, a quarter of the time of a busy instance.
 */
function forget({ owned }: Answer, { socket }: IncomingMessage): void {
  if (owned && !socket.destroyed) release(owned)
}

function discard(request: IncomingMessage, limits: AnswerLimits, done: () => void): void {
  let discarded = 0
  const stop = (): void => {
    clearTimeout(timer)
    request.off('data', count)
    done()
  }
  const count = (chunk: Buffer): void => {
    discarded += chunk.length
    freeChunk(chunk)
    if (discarded > limits.lingerBytes) stop()
  }
  const timer = setTimeout(stop, limits.lingerMs)
  request.on('data', count)
  request.once('close', stop)
  request.resume()
}

/**
 * Returns the answer as this client can use it. A successful GET has an ETag: the client that sends it back in `If-None-Match` gets 304 while
 * the answer is the same. The body is compressed where the client asks for that. HEAD gets the headers of the GET without its body.
 */
export async function negotiated({ method, headers }: IncomingMessage, answer: Answer): Promise<Answer> {
  const isRead = (method === 'GET' || method === 'HEAD') && answer.status === 200
  const whole = varied(isRead && answer.body ? await withEntityTag(answer, answer.body) : answer)
  if (isRead && matchesEntityTag(headers['if-none-match'], whole.headers['etag'])) {
    const { 'content-type': _type, 'content-length': _length, ...kept } = whole.headers
    return withoutBody({ ...whole, status: 304, headers: kept })
  }
  const compressed = await compress(whole, String(headers['accept-encoding'] ?? ''))
  if (compressed && whole.owned) release(whole.owned)
  const sent: Answer = compressed ? { status: whole.status, ...compressed } : whole
  return method === 'HEAD' ? withoutBody(sent) : sent
}

/**
 * Adds the ETag, and lets the client store the answer if it asks before each use. Shared caches may not store it: they would show one
 * caller's answer to another. A route that says otherwise about its ETag or its caches keeps what it says.
 */
async function withEntityTag(answer: Answer, body: Buffer): Promise<Answer> {
  const { headers } = answer
  const etag = headers['etag'] ?? (await contentTag({ headers, body }))
  return { ...answer, headers: { 'cache-control': 'private, no-cache', ...headers, etag } }
}

/** Adds `Vary` to an answer that depends on `Accept-Encoding`. */
function varied(answer: Answer): Answer {
  if (!isCompressible(answer)) return answer
  const { vary } = answer.headers
  const names = vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`
  return { ...answer, headers: { ...answer.headers, vary: names } }
}

/** Returns the answer without its body, whose memory is released. */
function withoutBody({ status, headers, owned }: Answer): Answer {
  if (owned) release(owned)
  return { status, headers, body: undefined }
}
