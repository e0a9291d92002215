// Traces: the span of a sampled request and of each of its statements. They are exported before the answer is sent, because an instance has
// no CPU between requests.
import { randomBytes } from 'node:crypto'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { logger, type OpenSpan, type RequestContext, requestContext } from '../base/logger.ts'
import type { Clock } from '../base/time.ts'
import { answerWithin } from '../base/timeout.ts'
import type { Trace } from '../base/trace.ts'
import { withoutLiterals } from './statements.ts'

/** A request that is about to be answered. */
export interface TracedRequest {
  /** Undefined when no route matched. */
  readonly route?: { readonly method: string; readonly path: string }
  /** Undefined when the caller is not known. */
  readonly caller?: unknown
  readonly context: RequestContext
  readonly status: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

export interface Traces {
  /** Returns the span of a request whose caller has decided to sample its trace; undefined for every other request. */
  open(trace: Trace | undefined): OpenSpan | undefined
  /**
   * Exports the spans of a sampled request whose caller is known: nobody else decides what an instance sends. It takes a second at most and never throws: spans that the
   * receiver does not take are lost.
   */
  export(request: TracedRequest): Promise<void>
}

export interface TracesDeps {
  /** URL of the receiver, with its path: `https://collector.example/v1/traces`. */
  readonly endpoint: string
  readonly now: Clock
  readonly deployment: string
  readonly instance: string
  readonly revision: string
}

const MAX_STATEMENTS = 200
const MAX_TEXT = 500
const EXPORT_MS = 1_000
/** Callers decide what is sampled, so an instance has a maximum of its own. */
const MAX_EXPORTS_A_SECOND = 10
const LOG_EVERY_MS = 60_000

/** Kinds and status codes of the OpenTelemetry API. */
const SERVER = 1
const CLIENT = 2
const UNSET = 0
const ERROR = 2
const SAMPLED = 1

/** Notes a statement that has ended, if it belongs to a sampled request. */
export function noteStatement(text: string, ms: number): void {
  const span = requestContext.getStore()?.span
  if (span === undefined) return
  if (span.statements.length >= MAX_STATEMENTS) span.dropped++
  else span.statements.push({ text, begunAt: performance.timeOrigin + performance.now() - ms, ms })
}

type Exporter = OTLPTraceExporter
type Span = Parameters<Exporter['export']>[0][number]

/** Opens the traces of an instance. The exporter is loaded with the first sampled request. */
export function openTraces(deps: TracesDeps): Traces {
  const { now } = deps
  const mayExport = perSecond(now)
  const sayLost = lostSpans(now)
  let exporter: Promise<Exporter> | undefined
  const spansOf = spanMaker(deps)
  return {
    open: (trace) =>
      trace?.sampled && trace.spanId !== undefined
        ? { traceId: trace.traceId, spanId: newSpanId(), parentId: trace.spanId, statements: [], dropped: 0 }
        : undefined,
    async export(request) {
      const { context, route, caller } = request
      if (context.span === undefined || !route || !caller || !mayExport()) return
      const spans = spansOf(context.span, { ...request, route })
      try {
        exporter ??= load(deps.endpoint)
        await answerWithin(EXPORT_MS, sent(await exporter, spans), 'answer of the receiver of traces')
      } catch (error) {
        sayLost(error, spans.length)
      }
    },
  }
}

async function load(url: string): Promise<Exporter> {
  const { OTLPTraceExporter: Client } = await import('@opentelemetry/exporter-trace-otlp-proto')
  // An instance loses its connections while it is frozen, so each export opens one.
  return new Client({ url, timeoutMillis: EXPORT_MS, keepAlive: false })
}

async function sent(exporter: Exporter, spans: Span[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Outside the request's context, so that nothing of the export counts as part of the request.
    requestContext.exit(() =>
      exporter.export(spans, ({ code, error }) => (code === 0 ? resolve() : reject(error ?? new Error('refused')))),
    )
  })
}

/** Returns what says whether another export is within the maximum of this second. */
function perSecond(now: Clock): () => boolean {
  let second = 0
  let exports = 0
  return () => {
    const current = Math.floor(now() / 1_000)
    if (current !== second) exports = 0
    second = current
    return ++exports <= MAX_EXPORTS_A_SECOND
  }
}

/** Returns what logs lost spans, once a minute, with their number since the line before. */
function lostSpans(now: Clock): (error: unknown, spans: number) => void {
  let lost = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return (error, spans) => {
    lost += spans
    if (now() - saidAt < LOG_EVERY_MS) return
    logger.warn({ err: error, spans: lost }, 'traces.not_exported')
    saidAt = now()
    lost = 0
  }
}

const newSpanId = (): string => {
  const bytes = randomBytes(8)
  // A span id of zeros is invalid.
  bytes[0] = (bytes[0] as number) | 1
  return bytes.toString('hex')
}

/** The fields that all spans of an instance share. */
interface Common extends Pick<Span, 'resource' | 'instrumentationScope'> {
  readonly ended: true
  readonly droppedAttributesCount: 0
  readonly droppedEventsCount: 0
  readonly droppedLinksCount: 0
}

type Routed = TracedRequest & Required<Pick<TracedRequest, 'route'>>

/** Returns what makes the spans of a request: its own first, then those of its statements. */
function spanMaker({ deployment, instance, revision }: TracesDeps): (span: OpenSpan, request: Routed) => Span[] {
  const attributes = {
    'service.namespace': 'penstock',
    'service.name': deployment,
    'service.instance.id': instance,
    'service.version': revision,
  }
  const common: Common = {
    resource: { attributes } as unknown as Span['resource'],
    instrumentationScope: { name: 'penstock' },
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  return (span, request) => [
    requestSpan(common, span, request),
    ...span.statements.map((statement) => statementSpan(common, span, statement)),
  ]
}

const placeIn = ({ traceId }: OpenSpan, spanId: string, isRemote = false) => ({
  traceId,
  spanId,
  traceFlags: SAMPLED,
  isRemote,
})

function requestSpan(common: Common, span: OpenSpan, { route, status, context, startedAt }: Routed): Span {
  const endedAt = performance.timeOrigin + performance.now()
  return {
    ...common,
    ...timesOf(Math.min(startedAt, endedAt), endedAt),
    links: [],
    events: [],
    name: `${route.method} ${route.path}`,
    kind: SERVER,
    spanContext: () => placeIn(span, span.spanId),
    parentSpanContext: placeIn(span, span.parentId, true),
    status: { code: status >= 500 ? ERROR : UNSET },
    attributes: {
      'http.request.method': route.method,
      'http.route': route.path,
      'http.response.status_code': status,
      'penstock.request_id': context.requestId,
      ...(span.dropped === 0 ? {} : { 'penstock.statements_dropped': span.dropped }),
    },
  }
}

function statementSpan(common: Common, span: OpenSpan, { text, begunAt, ms }: OpenSpan['statements'][number]): Span {
  const id = newSpanId()
  const plain = withoutLiterals(text)
  return {
    ...common,
    ...timesOf(begunAt, begunAt + ms),
    links: [],
    events: [],
    name: verbOf(plain),
    kind: CLIENT,
    spanContext: () => placeIn(span, id),
    parentSpanContext: placeIn(span, span.spanId),
    status: { code: UNSET },
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': plain.slice(0, MAX_TEXT) },
  }
}

const verbOf = (text: string): string => /[a-z]+/i.exec(text)?.[0].toLowerCase() ?? 'statement'

const timesOf = (begunAt: number, endedAt: number) => ({
  startTime: parts(begunAt),
  endTime: parts(endedAt),
  duration: parts(endedAt - begunAt),
})

/** Seconds, and the nanoseconds of the rest. */
function parts(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6))]
}

/** The log lines of a traced request name its own span instead of its caller's. */
export const contextOfSpan = (span: OpenSpan | undefined): Pick<RequestContext, 'span' | 'spanId'> =>
  span === undefined ? {} : { span, spanId: span.spanId }
