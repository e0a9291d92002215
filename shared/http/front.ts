// The steps of a request through the front, in order.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Authenticate, checkScope } from '../auth/auth.ts'
import type { RecordCall } from '../auth/call-record.ts'
import type { Principal } from '../auth/principal.ts'
import type { RecentCredentials } from '../auth/recent-credentials.ts'
import { inspectAnswer } from '../base/answer-inspection.ts'
import { type RequestContext, requestContext } from '../base/logger.ts'
import { busy, Problem, rateLimited } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import { isSettledSoon, withTimeout } from '../base/timeout.ts'
import { readTrace } from '../base/trace.ts'
import { inPieces } from '../base/unhurried.ts'
import { ENTRY_BYTES, type Method, type Route, type RouteScope } from '../base/wire.ts'
import { contextOfSpan } from '../report/traces.ts'
import type { LogServed } from './access-log.ts'
import { type Answer, negotiated, sendAnswer, toAnswer } from './answer.ts'
import { checkDeclaredLength, readBody } from './body.ts'
import type { Allowance } from './body-allowance.ts'
import { checkContentType, readEncoding } from './content.ts'
import { checkLocalCaller, corsHeaders, preflightHeaders } from './cors.ts'
import type { EdgeLimits } from './edge-limits.ts'
import { type FrontShares, holderOf, type Slot, tooManyStrangers } from './front-shares.ts'
import { problemReply, toProblem } from './problem-response.ts'
import { checkHost, type Match, parseTarget, preflightMethods, type Target, wrongMethod } from './routing.ts'
import type { AnyService, Reply } from './service.ts'
import { inflateSnappy, snappyLength } from './snappy.ts'
import { standardHeaders } from './standard-headers.ts'
import { parseUnhurried, validateBody, validateQuery } from './validation.ts'

/** Methods whose requests have a body. */
const BODIED: ReadonlySet<string> = new Set<Method>(['POST', 'PUT', 'PATCH'])

/** The state that all requests of a function share. */
export interface Front {
  readonly service: AnyService
  readonly limits: EdgeLimits
  readonly clock: Clock
  readonly findRoute: (method: string, target: Target) => Match
  /** The methods that the suite has on a path. */
  readonly methodsAt: (target: Target) => readonly string[]
  readonly authenticate: Authenticate
  readonly openAllowance: (holder: string) => Allowance
  readonly shares: FrontShares
  /** Takes a request without a credential. @throws {Problem} 429 over the limit of its address. */
  readonly takeOfAddress: (address: string) => void
  /** Recently accepted credentials, whose callers are served first. */
  readonly recent: RecentCredentials
  readonly logServed: LogServed
  /** Writes what a call leaves in the audit log. */
  readonly recordCall: RecordCall
}

/** One request in the front; its facts are collected for its log line. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly askForBody: () => void
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly context: RequestContext
  /** Memory for its body; undefined until the caller is known. */
  allowance?: Allowance
  /** Held until the answer is sent or the connection has ended, so a slow reader holds a slot for that long. */
  readonly slots: Slot[]
  /** Headers with the tenant's remaining requests, for an answer of any kind. */
  quotaHeaders?: Readonly<Record<string, string>> | undefined
  /** Bytes of the body, once it has been read. */
  bodyBytes?: number
  match?: Match
  /** The valid query and body, once they have been read. */
  asked?: { readonly query: unknown; readonly body: unknown }
  caller?: Principal
  problem?: Problem
}

/** Answers a request in every case, and writes its log line. */
export async function answerOne(front: Front, exchange: Exchange, response: ServerResponse): Promise<void> {
  const { request, startedAt, slots, context } = exchange
  const free = (): void => {
    for (const slot of slots) slot.release()
  }
  response.once('close', free)
  await requestContext.run(context, async () => {
    try {
      const answer = await settle(front, exchange)
      const ms = Math.max(0, front.clock() - startedAt)
      const headers = {
        ...standardHeaders,
        ...exchange.quotaHeaders,
        ...answer.headers,
        ...corsHeaders(front.service.config.corsOrigins, request.headers.origin, answer.headers['vary']),
        'x-request-id': context.requestId,
        'x-request-time': (ms / 1000).toFixed(3),
      }
      await record(front, exchange, answer.status)
      await report(front, exchange, answer, ms)
      await front.service.traces?.export({ ...exchange, ...exchange.match, status: answer.status })
      sendAnswer(request, response, { ...answer, headers }, front.limits)
      logAnswer(front, exchange, answer, ms)
    } finally {
      exchange.allowance?.release()
      if (response.closed) free()
    }
  })
}

/** The circumstances of a request's arrival. */
interface Arriving {
  readonly askForBody: () => void
  /** Milliseconds since 1970. */
  readonly arrivedAt: number
  readonly address: string
}

/** Begins to process a request. */
export function openExchange(front: Front, request: IncomingMessage, arriving: Arriving): Exchange {
  const { askForBody, arrivedAt: startedAt, address } = arriving
  return { request, askForBody, startedAt, context: contextOf(front, request, startedAt, address), slots: [] }
}

function contextOf(front: Front, request: IncomingMessage, startedAt: number, address: string): RequestContext {
  const trace = readTrace(request.headers)
  const { inCloud, project } = front.service.config
  const inProject = inCloud && project !== undefined
  return {
    requestId: randomUUID(),
    deadline: startedAt + front.limits.requestMs,
    address,
    ...(trace ? { trace: inProject ? `projects/${project}/traces/${trace.traceId}` : trace.traceId } : {}),
    ...(trace?.spanId === undefined ? {} : { spanId: trace.spanId }),
    ...contextOfSpan(front.service.traces?.open(trace)),
  }
}

async function settle(front: Front, exchange: Exchange): Promise<Answer> {
  try {
    const whole = toAnswer(await replyTo(front, exchange))
    await inspectAnswer(exchange.match?.route, whole)
    const answer = await negotiated(exchange.request, whole)
    if (answer.body) exchange.slots.push(front.shares.answer(exchange.context.holder ?? '', answer.body.length))
    return answer
  } catch (thrown) {
    const problem = toProblem(thrown)
    exchange.problem = problem
    const foreign = exchange.match && front.service.failure?.(problem, exchange.match.route, exchange.request.headers)
    const answer = toAnswer(foreign ?? problemReply(problem))
    await inspectAnswer(exchange.match?.route, answer)
    const body = exchange.request.method === 'HEAD' ? undefined : answer.body
    return { ...answer, headers: { ...answer.headers, ...problem.headers }, body }
  }
}

/** Writes what the call leaves in the audit log, before its caller learns that it was done. */
async function record(front: Front, { match, caller, problem, asked }: Exchange, status: number): Promise<void> {
  if (match && caller) await front.recordCall({ key: match.key, route: match.route, caller, status, problem, asked })
}

/** Counts the request, and writes the instance's report when it is due. */
async function report(
  front: Front,
  { match, caller, bodyBytes, problem }: Exchange,
  answer: Answer,
  ms: number,
): Promise<void> {
  await front.service.report?.requestEnded({
    route: match && `${match.route.method} ${match.route.path}`,
    status: answer.status,
    ms,
    tenantId: caller?.kind === 'tenant' ? caller.tenant.id : undefined,
    isOverLimit: problem?.kind === rateLimited,
    bytesIn: bodyBytes ?? 0,
    bytesOut: answer.body?.length ?? 0,
  })
}

function logAnswer(front: Front, exchange: Exchange, answer: Answer, ms: number): void {
  const { request, match, caller, problem } = exchange
  const bytes = answer.body?.length ?? 0
  front.logServed({
    request,
    status: answer.status,
    bytes,
    ms,
    route: match?.route.path,
    caller: caller?.name,
    problem,
  })
}

async function replyTo(front: Front, exchange: Exchange): Promise<Reply> {
  const { method = '', url = '/', headers } = exchange.request
  checkHost(exchange.request)
  if (front.service.config.open) checkLocalCaller(headers, front.service.config.corsOrigins)
  if (method === 'OPTIONS') return { headers: preflightHeaders(preflightMethods(front.methodsAt, url)) }
  const target = parseTarget(url)
  if (target.url.pathname === '/health') return await health(front, method)
  const match = front.findRoute(method, target)
  exchange.match = match
  const caller = match.route.scope === 'none' ? undefined : await authenticate(front, exchange, match.route.scope)
  if (caller) {
    exchange.caller = caller
    exchange.context.actor = caller.name
    if (caller.kind === 'tenant' && caller.user !== undefined) exchange.context.subject = caller.user
  }
  if (!caller) front.takeOfAddress(exchange.context.address ?? '')
  const holder = caller
    ? holderOf(caller, target.url.searchParams.get('tenant'))
    : `address ${exchange.context.address ?? ''}`
  exchange.context.holder = holder
  exchange.slots.push(front.shares.admit(holder))
  if (caller?.kind === 'tenant' && !match.route.uncounted)
    exchange.quotaHeaders = await front.service.quota?.takeRequest(caller.tenant)
  return await handle(front, exchange, match, { caller, target })
}

/** Authenticates the caller. A caller with a cached credential needs no slot, so unknown callers at its address do not delay it. */
async function authenticate(
  front: Front,
  { request, slots, context }: Exchange,
  scope: RouteScope,
): Promise<Principal> {
  const slot = front.shares.enter(context.address ?? '')
  if (slot) slots.push(slot)
  else context.isOverShare = true
  const pending = front.authenticate(request.headers, scope, context.address)
  if (!slot && !(await isSettledSoon(pending))) throw tooManyStrangers()
  try {
    const caller = await pending
    front.recent.accept(request.headers)
    return caller
  } catch (error) {
    // A database that does not answer says nothing of the credential.
    if (error instanceof Problem && error.kind.status < 500) front.recent.refuse(request.headers)
    throw error
  } finally {
    slot?.release()
  }
}

async function health(front: Front, method: string): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') throw wrongMethod(['GET', 'HEAD'])
  if (!(await front.service.db.isHealthy())) throw busy('Down: database.')
  return { json: { status: 'ok' } }
}

async function handle(
  front: Front,
  exchange: Exchange,
  { key, route, params }: Match,
  { caller, target }: { readonly caller: Principal | undefined; readonly target: Target },
): Promise<Reply> {
  const { headers } = exchange.request
  if (caller) checkScope(caller, route)
  const query = route.query ? validateQuery(route.query, target.query) : undefined
  const bytes = BODIED.has(route.method) ? await receive(front, exchange, route) : Buffer.alloc(0)
  const body =
    route.body && !route.readsBytes ? validateBody(route.body, await parseUnhurried(bytes, route)) : undefined
  exchange.asked = { query, body }
  const handler = front.service.handlers[key]
  if (!handler) throw new Error(`the route ${key} has no handler`)
  return await byDeadline(front, exchange, () =>
    handler({ caller, params, query, body, bytes, headers, url: target.url }),
  )
}

async function receive(front: Front, exchange: Exchange, route: Route): Promise<Buffer> {
  const { request, askForBody, startedAt } = exchange
  const { bodyMs, requestMs, leastRate } = front.limits
  const bodyBytes = Math.min(front.limits.bodyBytes, route.maxBytes ?? ENTRY_BYTES)
  checkContentType(route, request.headers)
  const encoding = readEncoding(route, request.headers)
  checkDeclaredLength(request, bodyBytes)
  const allowance = front.openAllowance(exchange.context.holder ?? '')
  exchange.allowance = allowance
  askForBody()
  const withinMs = Math.max(0, startedAt + Math.min(bodyMs, requestMs) - front.clock())
  const body = await readBody(request, {
    gzip: encoding === 'gzip',
    maxBytes: bodyBytes,
    withinMs,
    leastRate,
    allowance,
  })
  exchange.bodyBytes = body.length
  if (encoding !== 'snappy') return body
  await allowance.take(snappyLength(body, bodyBytes))
  return await inPieces(inflateSnappy(body))
}

/** Answers 503 at the deadline. The handler continues alone: all its waits end by the same deadline. */
async function byDeadline(front: Front, { startedAt }: Exchange, work: () => Promise<Reply>): Promise<Reply> {
  const { requestMs } = front.limits
  return await withTimeout(Math.max(0, startedAt + requestMs - front.clock()), work(), () => {
    throw busy(
      'The request exceeded its time limit. Try again later, or ask for less.',
      'the handler passed its deadline',
    )
  })
}
