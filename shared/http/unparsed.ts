// Answers malformed requests: node would send only a status line, without a problem and without our headers.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { logger } from '../base/logger.ts'
import { headersTooLarge, malformed, Problem, tooLarge, tooSlow } from '../base/problem.ts'
import { corsHeaders } from './cors.ts'
import { problemReply } from './problem-response.ts'
import { wrongMethod } from './routing.ts'
import { standardHeaders } from './standard-headers.ts'

/**
 * Makes a server answer what its parser refuses (400, 408, 413, 431) and CONNECT (405) with a problem, after which the connection ends.
 * Earlier requests on the same connection are answered first. `origins` is CORS_ORIGINS; the caller's own origin is unknown. `report` is
 * called with each answer and its reason; by default it is logged.
 */
export function answerUnparsed(server: Server, origins: readonly string[], report: Report = logged): void {
  const newest = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>()
  const note = (request: IncomingMessage, response: ServerResponse): void => {
    newest.set(request.socket, { request, response })
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, note)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const problem = problemOf(error)
    const last = newest.get(socket)
    if (!last || last.response.writableFinished) end(socket, problem, origins, report)
    else if (last.request.complete) last.response.once('finish', () => end(socket, problem, origins, report))
    else if (last.response.headersSent) socket.destroy()
    else end(socket, problem, origins, report)
  })
  server.on('connect', (_request, socket: Duplex) => {
    socket.on('error', () => {})
    end(socket, wrongMethod(['GET', 'POST', 'OPTIONS']), origins, report)
  })
}

type Report = (answered: { readonly status: number; readonly reason: unknown }) => void

const logged: Report = (answered) => logger.info(answered, 'request.unparsed')

/** Returns the problem for a parser's error. @see https://nodejs.org/api/http.html#event-clienterror */
function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(headersTooLarge, 'The request line and the headers together may have at most 16 KiB.', {
        cause: code,
      })
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(tooLarge, 'The chunk extensions are too large.', { cause: code })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(tooSlow, 'The request did not arrive within the time limit.', { cause: code })
    default:
      return new Problem(malformed, 'This is not an HTTP/1.1 request.', { cause: code })
  }
}

function end(socket: Duplex, problem: Problem, origins: readonly string[], report: Report): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { status = 400, type = '', json } = problemReply(problem)
  const body = JSON.stringify(json)
  const headers = {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    ...standardHeaders,
    ...problem.headers,
    ...corsHeaders(origins, undefined),
    'x-request-time': '0.000',
    connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // After a truncated request nothing more is read.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`, () => socket.destroy())
  report({ status, reason: problem.cause })
}
