// The envelopes of the Prometheus API: successes with their warnings, and failures with their kinds and statuses.
import type { Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import type { QueryError, QueryErrorType } from '../syntax/query-error.ts'

export const TRUNCATED = 'results truncated due to limit'

/** Returns an answer whose `data` is written already. */
export function success(data: string | readonly Buffer[], warnings: readonly string[] = []): Reply {
  const parts = typeof data === 'string' ? [Buffer.from(data)] : data
  const lacks = warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : ''
  return { bytes: Buffer.concat([Buffer.from('{"status":"success","data":'), ...parts, Buffer.from(`${lacks}}`)]) }
}

const STATUSES: Readonly<Record<QueryErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 503,
  timeout: 503,
  unavailable: 503,
}

/** Returns the answer to a query that cannot be answered. */
export const failureOf = ({ type, message }: QueryError): Reply => errorReply(STATUSES[type], type, message)

const KINDS: ReadonlyMap<number, string> = new Map([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [406, 'not_acceptable'],
  [408, 'timeout'],
  [413, 'bad_data'],
  [415, 'bad_data'],
  [429, 'too_many_requests'],
  [503, 'unavailable'],
])

/** Returns a problem in Prometheus' form. A parameter that breaks a rule is bad data, so 400. */
export function promqlFailure({ kind, detail }: Problem): Reply {
  if (kind.slug === 'archive_too_large')
    return errorReply(422, 'execution', `${kind.title}: ask for fewer series or a shorter range`)
  const status = kind.status === 422 ? 400 : kind.status
  return errorReply(status, KINDS.get(status) ?? (status < 500 ? 'bad_data' : 'internal'), detail)
}

const errorReply = (status: number, errorType: string, error: string): Reply => ({
  status,
  json: { status: 'error', errorType, error },
})
