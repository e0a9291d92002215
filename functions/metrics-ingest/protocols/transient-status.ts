// Statuses of transient refusals, for clients that treat some of them as final and drop their points.
import type { Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'

/** Status for a body that arrived too slowly and for a caller over its share. The same request succeeds later. */
const SLOW = 408
const OVER_SHARE = 429

/**
 * Statuses after which each protocol's clients drop points although a retry would succeed. All of them retry 503.
 * - Prometheus retries only 5xx, and 429 only if `retry_on_http_429` is set:
 *   https://github.com/prometheus/prometheus/issues/8474 and https://github.com/prometheus/prometheus/issues/12409
 * - OTLP defines 429, 502, 503 and 504 as retryable, so 408 is final; the Python exporter also drops 429:
 *   https://github.com/open-telemetry/opentelemetry-python/pull/5460
 * - Telegraf and the InfluxDB clients retry 429, and drop 408.
 */
export const droppedByPrometheus: ReadonlySet<number> = new Set([SLOW, OVER_SHARE])
export const droppedByOtlp: ReadonlySet<number> = new Set([SLOW, OVER_SHARE])
export const droppedByInflux: ReadonlySet<number> = new Set([SLOW])

/**
 * Returns a failure's status and headers: 503 with `Retry-After` instead of a status in `dropped`. The problem's own `Retry-After` takes
 * precedence.
 */
export function transientStatus(
  { kind }: Problem,
  dropped: ReadonlySet<number>,
): Required<Pick<Reply, 'status' | 'headers'>> {
  return dropped.has(kind.status)
    ? { status: 503, headers: { 'retry-after': '1' } }
    : { status: kind.status, headers: {} }
}
