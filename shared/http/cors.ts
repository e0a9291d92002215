// Cross-origin calls from web pages. No cookies, so an origin decides only what a page may read.
import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, Problem } from '../base/problem.ts'

const EXPOSED = 'Link, ETag, Retry-After, X-Request-Time, Penstock-Source, Penstock-Ignored'
/** Headers that a page's own instrumentation adds to each request: W3C Trace Context and Baggage, B3, Cloud Trace, Jaeger, Sentry. */
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
  'Prefer',
  'X-API-Key',
  ...TRACING,
].join(', ')

/** Headers of every answer. `origins` is CORS_ORIGINS: a list, `*` among it for all. */
export function corsHeaders(origins: readonly string[], origin: string | undefined): Record<string, string> {
  const allowed = origins.includes('*') ? '*' : origins.find((candidate) => candidate === origin)
  return {
    ...(allowed === undefined ? {} : { 'access-control-allow-origin': allowed }),
    'access-control-expose-headers': EXPOSED,
    vary: 'Origin',
  }
}

/** Further headers of the answer to a preflight, on whatever route: behind a gateway one path may be two functions. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': ALLOWED,
  'access-control-max-age': '7200',
}

/** Whether a `Host` names this machine's loopback interface, by whatever port. */
export const isLocalHost = (host: string | undefined): boolean =>
  host === undefined || /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host)

/**
 * Refuses what a web page may have sent to a function that answers callers without credentials: a foreign `Host` is a name that was
 * pointed at this machine (DNS rebinding), and an `Origin` that is not this server's own and not in CORS_ORIGINS is another site's page.
 * @throws {Problem} 403
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
