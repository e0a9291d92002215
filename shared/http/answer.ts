// Sends an answer, also to a caller that is still sending its body.

import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http'
import { compress, isCompressible } from '../negotiation/compression.ts'
import { matchesEntityTag } from '../negotiation/entity-tag.ts'
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
  return {
    status: reply.status ?? (body ? 200 : 204),
    headers: {
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

/** Returns the answer as this client can use it: without a body where the client has it already, compressed where it asks for that. */
export async function negotiated({ method, headers }: IncomingMessage, answer: Answer): Promise<Answer> {
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead && answer.status === 200 && matchesEntityTag(headers['if-none-match'], answer.headers['etag'])) {
    const { 'content-type': _type, 'content-length': _length, ...kept } = answer.headers
    return { status: 304, headers: kept, body: undefined }
  }
  if (!isCompressible(answer)) return answer
  const compressed = await compress(answer, String(headers['accept-encoding'] ?? ''))
  const { vary } = answer.headers
  const varied = { vary: vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding` }
  if (!compressed) return { ...answer, headers: { ...answer.headers, ...varied } }
  return { status: answer.status, body: compressed.body, headers: { ...compressed.headers, ...varied } }
}
