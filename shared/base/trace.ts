// Finds the trace that a request belongs to: W3C Trace Context first, then the header that Google's front ends set.
import type { IncomingHttpHeaders } from 'node:http'

export interface Trace {
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId?: string
  /** True when the caller records the trace. Absent otherwise. */
  readonly sampled?: true
}

const W3C = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const GOOGLE = /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/i
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/**
 * Returns the trace that a request names; undefined when the header is absent or malformed.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @see https://cloud.google.com/trace/docs/trace-context#legacy-http-header
 */
export function readTrace(headers: IncomingHttpHeaders): Trace | undefined {
  return (
    fromW3c(String(headers['traceparent'] ?? '').trim()) ??
    fromGoogle(String(headers['x-cloud-trace-context'] ?? '').trim())
  )
}

function fromW3c(text: string): Trace | undefined {
  const [, version, traceId, spanId, flags = '0', more] = W3C.exec(text) ?? []
  // Version ff is forbidden, and version 00 ends after the flags.
  if (traceId === undefined || spanId === undefined || version === 'ff' || (version === '00' && more !== undefined))
    return undefined
  return traceId === NO_TRACE || spanId === NO_SPAN
    ? undefined
    : { traceId, spanId, ...sampledIf(Number.parseInt(flags, 16)) }
}

function fromGoogle(text: string): Trace | undefined {
  const [, id, span, options] = GOOGLE.exec(text) ?? []
  const traceId = id?.toLowerCase()
  if (traceId === undefined || traceId === NO_TRACE) return undefined
  const spanId = BigInt(span ?? 0)
    .toString(16)
    .padStart(16, '0')
  if (spanId === NO_SPAN || spanId.length > 16) return { traceId }
  return { traceId, spanId, ...sampledIf(Number(options ?? 0)) }
}

/** The lowest bit of both headers' flags says whether the trace is sampled. */
const sampledIf = (flags: number): Pick<Trace, 'sampled'> => ((flags & 1) === 1 ? { sampled: true } : {})
