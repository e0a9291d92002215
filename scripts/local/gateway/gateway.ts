// One base URL for all functions, like the load balancer in the cloud. Routes by method and path.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { busy, notFound, Problem } from '@penstock/shared/base/problem.ts'
import { sendAnswer, toAnswer } from '@penstock/shared/http/answer.ts'
import { corsHeaders, preflightHeaders } from '@penstock/shared/http/cors.ts'
import { problemReply, toProblem } from '@penstock/shared/http/problem-response.ts'
import { parseTarget, wrongMethod } from '@penstock/shared/http/routing.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import { standardHeaders } from '@penstock/shared/http/standard-headers.ts'
import { answerUnparsed } from '@penstock/shared/http/unparsed.ts'
import type { TableEntry } from '../../deploy/route-table.ts'
import { forward, type Passage, type Upstream } from './forward.ts'

export interface GatewayDeps {
  readonly functions: ReadonlyMap<string, Upstream>
  readonly table: readonly TableEntry[]
  /** Returns the names of the parts that are down; empty when all are well. */
  readonly down: () => Promise<readonly string[]>
  /** Like CORS_ORIGINS, for answers that come from no function. */
  readonly corsOrigins: readonly string[]
}

const HEALTH = '/health'
const SERVER_OPTIONS = {
  headersTimeout: 60_000,
  // Longer than every function's own limit for a body to arrive, so that the function answers.
  requestTimeout: 300_000,
  // Longer than clients keep idle connections open, so that none sends a request into a connection that is being closed.
  keepAliveTimeout: 620_000,
}
/** Each open request uses one connection to a function. */
const MAX_CONNECTIONS = 4_000
const ANSWER_LIMITS = { lingerMs: 2_000, lingerBytes: 64 * 1024 * 1024, stalledMs: 60_000 }

/** Makes the gateway's server, not listening yet. Every request is answered or its connection is closed, whatever happens. */
export function createGateway(deps: GatewayDeps): Server {
  const route = routeBy(deps.table, deps.functions)
  return serverOf(deps.corsOrigins, async (passage) => {
    const { method = 'GET', url = '/' } = passage.request
    const path = pathOf(url)
    if (path === HEALTH) return await health(deps, method)
    const asksHealth = path.startsWith(`${HEALTH}/`)
    const to = asksHealth ? functionOf(deps, path) : route(method, url, path)
    if (!to) throw new Problem(notFound, 'There is no such route.')
    await forward(to, asksHealth ? { ...passage, target: HEALTH } : passage)
    return undefined
  })
}

/** Makes the server for a function's own base URL, to which everything goes as in the cloud. Not listening yet. */
export function createFunctionDoor(to: Upstream, corsOrigins: readonly string[]): Server {
  return serverOf(corsOrigins, async (passage) => {
    await forward(to, passage)
    return undefined
  })
}

/** Makes a server whose handler forwards a request, or returns an answer of its own. */
function serverOf(corsOrigins: readonly string[], handle: (passage: Passage) => Promise<Reply | undefined>): Server {
  const run = async (passage: Passage): Promise<void> => {
    const begun = performance.now()
    const reply = await handle(passage).catch((error: unknown) => {
      const problem = toProblem(error)
      return { ...problemReply(problem), headers: problem.headers }
    })
    if (reply) answerItself(corsOrigins, passage, reply, performance.now() - begun)
  }
  const server = createServer(SERVER_OPTIONS, (request, response) => void run({ request, response }))
  server.on(
    'checkContinue',
    (request: IncomingMessage, response: ServerResponse) => void run({ request, response, expectsContinue: true }),
  )
  answerUnparsed(server, corsOrigins, () => {})
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/**
 * Finds a request's function. A path with only other methods goes to the function with its GET, or else to any that has the path: it
 * answers HEAD, a preflight or a 405.
 */
function routeBy(table: readonly TableEntry[], functions: ReadonlyMap<string, Upstream>) {
  const upstream = (name: string): Upstream => {
    const found = functions.get(name)
    if (!found) throw new Error(`the route table names the function ${name}, which is not there`)
    return found
  }
  const exact = new Map<string, Map<string, Upstream>>()
  const patterns: { readonly segments: readonly string[]; readonly methods: Map<string, Upstream> }[] = []
  for (const { function: name, method, path } of table) {
    const methods = exact.get(path) ?? new Map<string, Upstream>()
    if (!exact.has(path)) patterns.push({ segments: path.slice(1).split('/'), methods })
    exact.set(path, methods.set(method, upstream(name)))
  }
  patterns.sort((a, b) => parameters(a.segments) - parameters(b.segments))
  return (method: string, url: string, path: string): Upstream | undefined => {
    const methods = exact.get(path) ?? fitting(patterns, parseTarget(url).segments)
    return methods?.get(method) ?? methods?.get('GET') ?? methods?.values().next().value
  }
}

const parameters = (segments: readonly string[]): number => segments.filter((segment) => segment.startsWith('{')).length

function fitting<T>(
  patterns: readonly { readonly segments: readonly string[]; readonly methods: T }[],
  segments: readonly string[],
): T | undefined {
  const fits = (pattern: readonly string[]): boolean =>
    pattern.length === segments.length &&
    pattern.every((part, i) => part === segments[i] || (part.startsWith('{') && segments[i] !== ''))
  return patterns.find((pattern) => fits(pattern.segments))?.methods
}

function functionOf(deps: GatewayDeps, path: string): Upstream {
  const to = deps.functions.get(path.slice(HEALTH.length + 1))
  if (!to) throw new Problem(notFound, 'There is no such function.')
  return to
}

async function health(deps: GatewayDeps, method: string): Promise<Reply> {
  if (method === 'OPTIONS') return { headers: preflightHeaders(['GET', 'HEAD']) }
  if (method !== 'GET' && method !== 'HEAD') throw wrongMethod(['GET', 'HEAD'])
  const down = await deps.down()
  if (down.length > 0) throw busy(`Down: ${down.join(', ')}.`)
  return { json: { status: 'ok' } }
}

/** Answers with the headers that a function's front adds to every answer. */
function answerItself(corsOrigins: readonly string[], { request, response }: Passage, reply: Reply, ms: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const headers = {
    ...standardHeaders,
    ...reply.headers,
    ...corsHeaders(corsOrigins, request.headers.origin),
    'x-request-time': (ms / 1000).toFixed(3),
  }
  sendAnswer(request, response, toAnswer({ ...reply, headers }), ANSWER_LIMITS)
}

/** Without a slash at its end, which makes no difference. */
function pathOf(url: string): string {
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
