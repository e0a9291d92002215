// The workaround for the Functions Framework 5.0.5, in one place; framework.test.ts fails when an upgrade changes what it relies on.
//
// The framework decompresses up to 1 GB before any authentication, answers in HTML, drops requests on SIGTERM, and ends the process on a
// stray rejection. But it loads our module before it calls `http.createServer`, from the default export of node:http, and it sets its
// process handlers in the callback of `listen`. So the server that it gets has our listener instead of its own, and its handlers are
// replaced one turn after that callback.
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { http as register } from '@google-cloud/functions-framework'
import { logger } from '../base/logger.ts'
import { internal, Problem } from '../base/problem.ts'
import { withTimeout } from '../base/timeout.ts'
import { limitConnections } from './connection-limit.ts'
import { type Drain, drainable } from './draining.ts'
import { standardHeaders } from './standard-headers.ts'
import { answerUnparsed } from './unparsed.ts'

/** Handles requests; `askForBody` is present when the client waits for permission to send its body (`Expect: 100-continue`). */
export type Listener = (request: IncomingMessage, response: ServerResponse, askForBody?: () => void) => void

export interface EntryPoint {
  readonly listener: Listener
  /** Like CORS_ORIGINS, for answers that are sent before there is a request. */
  readonly corsOrigins: readonly string[]
  /** Closes the function's resources, after its last request. */
  close(): Promise<void>
}

export interface Place {
  /** True when this process runs that function. */
  readonly isTarget: boolean
  /** The address to listen on; undefined for all of them, as the platform needs it. */
  readonly host: string | undefined
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection', 'exit', 'SIGINT', 'SIGTERM']
const processEvents: NodeJS.EventEmitter = process
/** The platform kills the process ten seconds after SIGTERM. */
const SHUTDOWN_MS = 9_000
/** The part of that time for requests; the rest is for closing database connections. */
const DRAIN_MS = 8_500
/** Milliseconds for which a reused connection may still send a request after SIGTERM. */
const STRAGGLER_MS = 500
const SERVER_OPTIONS = {
  headersTimeout: 20_000,
  // Longer than the front's own limits, so that the front answers.
  requestTimeout: 75_000,
  // Longer than the load balancer's 600 s, so that it never sends a request into a connection that is being closed.
  // https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends
  keepAliveTimeout: 620_000,
  // The front refuses a request without a Host header itself.
  requireHostHeader: false,
}

/** Five times what one instance answers at a time where nothing queues before it; an open connection takes some 10 KiB. */
const MAX_CONNECTIONS = 2_048

/** Registers a function, and replaces the framework's listener if this process runs that function. Does nothing else yet. */
export function standBeforeFramework(name: string, place: Place, open: () => EntryPoint): void {
  register(name, (_request, response) => answerBypassed(name, response))
  if (place.isTarget) replaceListener(name, place.host, open())
}

/** Makes a server with a front's listener, like the framework gets it. Malformed requests are answered too. */
export function createFrontServer(listener: Listener, corsOrigins: readonly string[] = []): Server {
  const server = http.createServer(SERVER_OPTIONS, listener)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    listener(request, response, () => response.writeContinue()),
  )
  // An unknown expectation is ignored, which RFC 9110 allows.
  server.on('checkExpectation', listener)
  answerUnparsed(server, corsOrigins)
  limitConnections(server, MAX_CONNECTIONS)
  return server
}

/** Called only when the framework no longer does what the workaround relies on. */
function answerBypassed(name: string, response: ServerResponse): void {
  logger.fatal({ function: name }, 'front.bypassed')
  const { kind, detail } = new Problem(internal, 'The function is misconfigured. The cause is in its log.')
  response.writeHead(kind.status, { ...standardHeaders, 'content-type': 'application/problem+json' })
  response.end(
    JSON.stringify({ type: `urn:penstock:problem:${kind.slug}`, title: kind.title, status: kind.status, detail }),
  )
}

function replaceListener(name: string, host: string | undefined, entryPoint: EntryPoint): void {
  const createServer = http.createServer
  const replacement = (): Server => {
    Object.assign(http, { createServer })
    const before = new Map(PROCESS_EVENTS.map((event) => [event, processEvents.listeners(event)]))
    const server = createFrontServer(entryPoint.listener, entryPoint.corsOrigins)
    if (host !== undefined) listenOn(server, host)
    const drain = drainable(server)
    // The framework's callback gets the same event after ours, so this waits one turn.
    server.once('listening', () => setImmediate(() => takeProcess(name, drain, entryPoint, before)))
    return server
  }
  Object.assign(http, { createServer: replacement })
}

/** The framework calls `listen(port, callback)`, which means every address of the machine. */
function listenOn(server: Server, host: string): void {
  const listen = server.listen.bind(server) as (port: unknown, host: string, callback: unknown) => Server
  Object.assign(server, { listen: (port: unknown, callback: unknown) => listen(port, host, callback) })
}

type ProcessListeners = ReadonlyMap<string, readonly unknown[]>

function takeProcess(name: string, drain: Drain, entryPoint: EntryPoint, before: ProcessListeners): void {
  for (const event of PROCESS_EVENTS) {
    const kept = before.get(event) ?? []
    const added = processEvents.listeners(event).filter((listener) => !kept.includes(listener))
    for (const listener of added) processEvents.off(event, listener as () => void)
  }
  endWithoutOutput()
  process.on('uncaughtException', (error) => reportStray(error, 'process.stray_exception'))
  process.on('unhandledRejection', (reason) => reportStray(reason, 'process.stray_rejection'))
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending) return
      ending = true
      void endProcess(name, drain, entryPoint)
    })
  }
  logger.info({ function: name }, 'function.listening')
}

/**
 * Ends the process when nothing reads its output any more. Without these listeners the failed write is a stray exception, whose log line
 * fails in the same way, forever. The platform starts another instance, whose output is read.
 */
function endWithoutOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(1))
}

/** Logs an uncaught error. An error that cannot be logged ends the process, so that logging never causes another stray error. */
function reportStray(error: unknown, event: string): void {
  try {
    logger.error({ err: error }, event)
  } catch {
    process.exit(1)
  }
}

async function endProcess(name: string, drain: Drain, entryPoint: EntryPoint): Promise<void> {
  const begun = performance.now()
  const givenUp = await drain({ withinMs: DRAIN_MS, stragglerMs: STRAGGLER_MS })
  const leftMs = Math.max(0, SHUTDOWN_MS - (performance.now() - begun))
  await withTimeout(leftMs, entryPoint.close(), () => {}).catch((error: unknown) =>
    logger.error({ err: error }, 'function.close_failed'),
  )
  logger.info({ function: name, given_up: givenUp }, 'function.ended')
  process.exit(0)
}
