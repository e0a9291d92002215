// Statuses of transient refusals, in the words of clients that take some of them for final and drop what they hold.
import type { Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'

/** A body that came too slowly, and a caller over its share: the same request succeeds later. */
const SLOW = 408
const OVER_SHARE = 429

/**
 * What each protocol's clients drop although it would succeed later. All of them repeat 503.
 * - Prometheus repeats 5xx alone, and 429 only where `retry_on_http_429` is set:
 *   https://github.com/prometheus/prometheus/issues/8474 and https://github.com/prometheus/prometheus/issues/12409
 * - OTLP names 429, 502, 503 and 504 as retryable, so 408 is final; the Python exporter also drops 429:
 *   https://github.com/open-telemetry/opentelemetry-python/pull/5460
 * - Telegraf and the InfluxDB clients repeat 429, and drop 408.
 */
export const droppedByPrometheus: ReadonlySet<number> = new Set([SLOW, OVER_SHARE])
export const droppedByOtlp: ReadonlySet<number> = new Set([SLOW, OVER_SHARE])
export const droppedByInflux: ReadonlySet<number> = new Set([SLOW])

/** The status of a failure and its headers: 503 with `Retry-After` in place of a status in `dropped`. The problem's own `Retry-After` wins. */
export function transientStatus(
  { kind }: Problem,
  dropped: ReadonlySet<number>,
): Required<Pick<Reply, 'status' | 'headers'>> {
  return dropped.has(kind.status)
    ? { status: 503, headers: { 'retry-after': '1' } }
    : { status: kind.status, headers: {} }
}
