// Streams a request to a function's process, and streams its answer back.
import { Agent, type ClientRequest, type IncomingMessage, request as open, type ServerResponse } from 'node:http'
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { isArriving } from '@penstock/shared/http/body.ts'
import { answerHeaders, requestHeaders } from './forwarded-headers.ts'

/** The destination of a request. */
export interface Upstream {
  readonly name: string
  /** Returns the port of its process, which is started if necessary. Rejects when it cannot be started. */
  port(): Promise<number>
  /** Maximum milliseconds for the function's answer. The function's own time limit is shorter, so it normally answers first. */
  readonly timeoutMs: number
  readonly agent: Agent
}

/** A request and its response. */
export interface Passage {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The request target; that of the request itself when absent. */
  readonly target?: string
  /** True when the client waits for permission to send its body (`Expect: 100-continue`): the function decides. */
  readonly expectsContinue?: boolean
}

const badGateway: ProblemKind = { slug: 'bad-gateway', status: 502, title: 'The function gave no answer' }
const gatewayTimeout: ProblemKind = { slug: 'gateway-timeout', status: 504, title: 'The function took too long' }

/**
 * Milliseconds for which a client that was answered early may continue to send: if the connection closed at once, its kernel would
 * discard the answer.
 */
const LINGER_MS = 2_000

/** Connections to functions are reused; the functions keep theirs open longer than any gateway would (see shared/http/framework.ts). */
export const createAgent = (): Agent => new Agent({ keepAlive: true, maxFreeSockets: 256 })

/**
 * Forwards a request. Resolves when the answer has begun; rejects when there will be none, and then nothing has been sent. When the
 * client disconnects, the function's request is ended too. A refusal that comes before the whole body was sent is passed on, the rest of
 * the body is discarded, and the connection is closed.
 * @throws {Problem} 502 when the process cannot be reached or ends before it answers; 504 when it takes too long.
 */
export async function forward(to: Upstream, passage: Passage): Promise<void> {
  try {
    await attempt(to, passage)
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error
    await attempt({ ...to, agent: unkept }, passage)
  }
}

/** A reused connection had already been closed by the other side. No byte of this request was lost, so it can be sent again. */
class StaleConnection extends Error {}

const unkept = new Agent({ keepAlive: false })

async function attempt(to: Upstream, passage: Passage): Promise<void> {
  const { request, response } = passage
  const port = await to.port().catch((error: unknown) => {
    throw new Problem(badGateway, `${to.name} does not start; its log says why.`, { cause: error })
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  if (response.destroyed) return
  const outgoing = open({
    agent: to.agent,
    host: '127.0.0.1',
    port,
    method: request.method ?? 'GET',
    path: passage.target ?? request.url ?? '/',
    headers: requestHeaders(request),
  })
  response.once('close', () => {
    if (response.writableFinished) return
    outgoing.destroy()
    resolve()
  })
  request.on('error', () => {})
  outgoing.setTimeout(to.timeoutMs, () => outgoing.destroy(new Problem(gatewayTimeout, `${to.name} took too long.`)))
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent) response.destroy()
    else reject(failureOf(to, passage, outgoing, error))
  })
  outgoing.once('response', (answer: IncomingMessage) => {
    if (isArriving(request) && (answer.statusCode ?? 0) >= 400) refuse(passage, outgoing, answer)
    else pass(response, answer)
    resolve()
  })
  send(passage, outgoing)
  await promise
}

function failureOf(to: Upstream, { request }: Passage, outgoing: ClientRequest, error: NodeJS.ErrnoException): Error {
  if (error instanceof Problem) return error
  if (outgoing.reusedSocket && error.code === 'ECONNRESET' && !hasBody(request)) return new StaleConnection()
  return new Problem(badGateway, `${to.name} ended before it answered.`, { cause: error })
}

function send({ request, response, expectsContinue }: Passage, outgoing: ClientRequest): void {
  if (!hasBody(request)) {
    outgoing.end()
    return
  }
  if (expectsContinue !== true) {
    request.pipe(outgoing)
    return
  }
  outgoing.once('continue', () => {
    response.writeContinue()
    request.pipe(outgoing)
  })
  outgoing.flushHeaders()
}

function pass(response: ServerResponse, answer: IncomingMessage): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer))
  answer.once('error', () => response.destroy())
  answer.pipe(response)
}

function refuse(
  { request, response, expectsContinue }: Passage,
  outgoing: ClientRequest,
  answer: IncomingMessage,
): void {
  // A client that waits for permission to send its body, and did not get it, sends nothing.
  const lingerMs = expectsContinue === true && request.readableFlowing === null ? 0 : LINGER_MS
  request.unpipe(outgoing)
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...answerHeaders(answer), 'connection', 'close'])
  answer.once('error', () => response.destroy())
  // The response is not ended with the answer, because the server would then close the connection.
  answer.pipe(response, { end: false })
  answer.once('end', () => {
    outgoing.destroy()
    const end = (): void => {
      clearTimeout(linger)
      response.end()
    }
    const linger = setTimeout(end, lingerMs)
    request.once('close', end)
    request.resume()
  })
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
