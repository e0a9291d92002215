// Cross-origin calls from web pages. There are no cookies, so an origin decides only what a page may read.
import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, Problem } from '../base/problem.ts'

const EXPOSED = [
  'Link',
  'ETag',
  'Retry-After',
  'X-Request-Id',
  'X-Request-Time',
  'Penstock-Source',
  'Penstock-Ignored',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
].join(', ')
/** Headers that a page's instrumentation adds to each request: W3C Trace Context and Baggage, B3, Cloud Trace, Jaeger, Sentry. */
const TRACING = [
  'Traceparent',
  'Tracestate',
  'Baggage',
  'B3',
  'X-B3-TraceId',
  'X-B3-SpanId',
  'X-B3-ParentSpanId',
  'X-B3-Sampled',
  'X-B3-Flags',
  'X-Cloud-Trace-Context',
  'X-Request-Id',
  'Uber-Trace-Id',
  'Sentry-Trace',
]
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'Content-Encoding',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Prefer',
  'X-API-Key',
  'X-Guest-Mode',
  ...TRACING,
].join(', ')

/** Returns the headers of every answer. `origins` is CORS_ORIGINS: a list, in which `*` means all. `vary` names further headers that select the answer. */
export function corsHeaders(
  origins: readonly string[],
  origin: string | undefined,
  vary?: string,
): Record<string, string> {
  const allowed = origins.includes('*') ? '*' : origins.find((candidate) => candidate === origin)
  return {
    ...(allowed === undefined ? {} : { 'access-control-allow-origin': allowed }),
    'access-control-expose-headers': EXPOSED,
    vary: vary === undefined ? 'Origin' : `Origin, ${vary}`,
  }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Returns the additional headers of the answer to a preflight. `methods` are those that the suite has on the path. For an unknown path every
 * method is allowed, so that the page's own request is sent and the page can read the 404.
 */
export const preflightHeaders = (methods: readonly string[]): Readonly<Record<string, string>> => ({
  'access-control-allow-methods': [...(methods.length === 0 ? METHODS : methods), 'OPTIONS'].join(', '),
  'access-control-allow-headers': ALLOWED,
  'access-control-max-age': '7200',
})

/** Returns true when a `Host` names this machine's loopback interface, with any port. */
export const isLocalHost = (host: string | undefined): boolean =>
  host === undefined || /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host)

/**
 * Refuses requests that a web page may have sent to a function that accepts callers without credentials: a `Host` of another machine is a
 * name that was pointed at this one (DNS rebinding), and an `Origin` that is neither this server's own nor in CORS_ORIGINS is the page of
 * another site.
 * @throws {Problem} 403 for such a request.
 */
export function checkLocalCaller({ host, origin }: IncomingHttpHeaders, origins: readonly string[]): void {
  if (!isLocalHost(host))
    throw new Problem(
      forbidden,
      'A suite that was started with --open answers only requests to localhost and 127.0.0.1.',
    )
  if (origin === undefined || origin === `http://${host}`) return
  if (!origins.includes(origin) && !origins.includes('*'))
    throw new Problem(
      forbidden,
      'A suite that was started with --open refuses web pages, except those from an origin in CORS_ORIGINS.',
    )
}
