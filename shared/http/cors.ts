// Cross-origin calls from web pages. No cookies, so an origin decides only what a page may read.
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
