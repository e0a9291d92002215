// Sending an answer, also to a caller who is still sending its body.
import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http'
import { isArriving } from './body.ts'
import { freeChunk } from './body-buffer.ts'
import type { Reply } from './service.ts'

/** A reply as bytes. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  /** Whether the memory of `body` is given back once it is sent. */
  readonly sendOnce?: true | undefined
}

export interface AnswerLimits {
  /** How long a caller who was answered early may go on sending, in milliseconds. */
  readonly lingerMs: number
  /** And how much, in bytes. */
  readonly lingerBytes: number
  /** How long a caller may take nothing of its answer, in milliseconds. */
  readonly stalledMs: number
}

/** Serialises a reply. @throws {Error} what cannot be serialised or stand in a header: nothing has been sent by then. */
export function toAnswer(reply: Reply): Answer {
  const text = reply.text ?? (reply.json === undefined ? undefined : JSON.stringify(reply.json))
  const body = text === undefined ? reply.bytes : Buffer.from(text)
  for (const [name, value] of Object.entries(reply.headers ?? {})) validateHeaderValue(name, value)
  return {
    status: reply.status ?? (body ? 200 : 204),
    headers: {
      ...(body ? { 'content-type': reply.type ?? 'application/json', 'content-length': String(body.length) } : {}),
      ...reply.headers,
    },
    body,
    sendOnce: reply.sendOnce,
  }
}

/**
 * Sends an answer. Where the body has not arrived yet the answer goes out whole, with `Connection: close`, and the rest of the body is
 * thrown away for a bounded time and amount before the connection is ended: ended at once, the kernel would answer what is still
 * coming with a reset, and the caller would lose the answer.
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
  // Without a body (an answer to HEAD) `write` would send no headers either.
  if (answer.body && request.method !== 'HEAD') response.write(answer.body)
  else response.flushHeaders()
  discard(request, limits, () => response.end(() => forget(answer, request)))
}

/**
 * Gives the memory of a large answer back. Left to the garbage collector, pages of a megabyte make it go through everything a dozen
 * times a second, which was a quarter of the time of a busy instance. Only after all was handed to the kernel: before, another
 * answer could come to lie in the same memory. `end()` also calls back for a destroyed socket.
 */
function forget({ body, sendOnce }: Answer, { socket }: IncomingMessage): void {
  if (sendOnce && body && !socket.destroyed) (body.buffer as ArrayBuffer).transfer(0)
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
