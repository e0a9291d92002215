// Logs a line for each request that failed or was slow, and for one in a hundred of the others: a line for each would cost more than the
// database.
import type { IncomingMessage } from 'node:http'
import { logger } from '../base/logger.ts'
import type { Problem } from '../base/problem.ts'
import { withoutCredentials } from '../base/redaction.ts'
import type { Clock } from '../base/time.ts'

/** A request that was answered. */
export interface Served {
  readonly request: IncomingMessage
  readonly status: number
  readonly bytes: number
  readonly ms: number
  /** Path of the route, with its parameters in braces; undefined when no route matched. */
  readonly route: string | undefined
  readonly caller: string | undefined
  readonly problem: Problem | undefined
}

export interface LogLimits {
  /** A request is slow when it takes this many milliseconds or more. */
  readonly slowMs: number
  /** The share of fast successes that are logged, 0 to 1. */
  readonly sampled: number
}

/** Writes the line of a request, if it is to be logged. Never logs a query string, a credential or a body. */
export type LogServed = (served: Served) => void

/** Lines about refused callers without a valid credential, in a second of this process; a flood of them would cost more than its answers. */
const STRANGERS_A_SECOND = 10

/**
 * Opens the log. Refusals of callers that are not known are logged ten times a second; the next line after those has the number of the
 * others as `unlogged`.
 */
export function accessLog(deps: {
  readonly limits: LogLimits
  readonly random: () => number
  readonly clock: Clock
}): LogServed {
  const { limits, random, clock } = deps
  let second = 0
  let lines = 0
  let unlogged = 0
  const isLogged = (): boolean => {
    const now = Math.floor(clock() / 1_000)
    if (now !== second) lines = 0
    second = now
    if (++lines <= STRANGERS_A_SECOND) return true
    unlogged++
    return false
  }
  return (served) => {
    // Some protocols must answer a refusal with 503, because their senders drop points on other statuses; such an answer is not our
    // failure.
    const isRefusal = (served.problem?.kind.status ?? served.status) < 500
    if (served.status >= 500 && !isRefusal) logger.error(fieldsOf(served), 'request.failed')
    else if (served.status >= 400) {
      if (served.caller === undefined && !isLogged()) return
      const more = served.caller === undefined && unlogged > 0 ? { unlogged } : {}
      if (served.caller === undefined) unlogged = 0
      logger.info({ ...fieldsOf(served), ...more }, 'request.refused')
    } else if (served.ms > limits.slowMs) logger.warn(fieldsOf(served), 'request.slow')
    else if (random() < limits.sampled) logger.info(fieldsOf(served), 'request.served')
  }
}

/**
 * Returns the fields of the line.
 * @see https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest
 */
function fieldsOf({ request, status, bytes, ms, route, caller, problem }: Served): Record<string, unknown> {
  const cause = problem?.cause
  return {
    httpRequest: {
      requestMethod: request.method,
      requestUrl: pathOf(request),
      status,
      responseSize: String(bytes),
      latency: `${ms / 1000}s`,
      userAgent: request.headers['user-agent']?.slice(0, 200),
      protocol: `HTTP/${request.httpVersion}`,
    },
    ...(route === undefined ? {} : { route }),
    ...(caller === undefined ? {} : { caller }),
    ...(problem ? { problem: problem.kind.slug, detail: problem.detail } : {}),
    ...(typeof cause === 'string' ? { reason: cause } : cause === undefined ? {} : { err: cause }),
  }
}

/** Returns the path, decoded if its percent-encoding hides a credential: the logger redacts what it recognises. */
function pathOf(request: IncomingMessage): string {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const decoded = decode(path)
  return (withoutCredentials(decoded) === decoded ? path : decoded).slice(0, 300)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
