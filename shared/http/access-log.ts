// A line for each request that failed or was slow, and for one in a hundred of the others: a line each would cost more than the database.
import type { IncomingMessage } from 'node:http'
import { logger } from '../base/logger.ts'
import type { Problem } from '../base/problem.ts'
import { withoutCredentials } from '../base/redaction.ts'

/** A request that has been answered. */
export interface Served {
  readonly request: IncomingMessage
  readonly status: number
  readonly bytes: number
  readonly ms: number
  /** Path of the route, with its parameters in braces; undefined when none was found. */
  readonly route: string | undefined
  readonly caller: string | undefined
  readonly problem: Problem | undefined
}

export interface LogLimits {
  /** From here on a request is slow, in milliseconds. */
  readonly slowMs: number
  /** The share of quick successes that get a line, 0 to 1. */
  readonly sampled: number
}

/** Writes the line, if there is to be one. Never a query string, a credential or a body. */
export function logServed(served: Served, limits: LogLimits, random: () => number): void {
  // A refusal of the caller, which its protocol is told as 503 because its senders drop other statuses, is no failure of ours.
  const isRefusal = (served.problem?.kind.status ?? served.status) < 500
  if (served.status >= 500 && !isRefusal) logger.error(fieldsOf(served), 'request.failed')
  else if (served.status >= 400) logger.info(fieldsOf(served), 'request.refused')
  else if (served.ms > limits.slowMs) logger.warn(fieldsOf(served), 'request.slow')
  else if (random() < limits.sampled) logger.info(fieldsOf(served), 'request.served')
}

/** @see https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest */
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

/** The path, decoded where a credential hides in its percent-encoding: the writer of lines redacts what it recognises. */
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
