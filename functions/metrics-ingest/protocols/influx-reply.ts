// The answers of InfluxDB's write interfaces. Clients of version 2 read `code` and `message`, those of version 1 `error`.
// https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
import { invalid, type Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import type { DecodedLines } from './line-protocol.ts'
import { firstReasons } from './reasons.ts'
import { droppedByInflux, transientStatus } from './transient-status.ts'

/** InfluxDB's own words, which clients of version 1 look for in `error`. */
const PARTIAL = 'partial write'
const UNPARSEABLE = 'unable to parse'

const CODES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not found'],
  [405, 'method not allowed'],
  [413, 'request too large'],
  [415, 'unsupported media type'],
  [422, 'unprocessable entity'],
  [429, 'too many requests'],
  [503, 'unavailable'],
])

/**
 * 204: all lines are stored but for strings; 422: some of it was refused; 400: no line could be read. `Penstock-Ignored` has how many strings
 * were passed over, and the names in the query that are in no label.
 */
export function influxReply({ rejections, ignored, parsed }: DecodedLines, unlabelled: readonly string[]): Reply {
  const told = [...(ignored > 0 ? [String(ignored)] : []), ...unlabelled].join(', ')
  const headers = told === '' ? {} : { 'penstock-ignored': told }
  if (rejections.length === 0) return { status: 204, headers }
  const reasons = firstReasons(rejections, ({ index }) => `line ${index + 1}: `)
  const error = parsed > 0 ? influxError(422, `${PARTIAL}: ${reasons}`) : influxError(400, `${UNPARSEABLE}: ${reasons}`)
  return { ...error, headers }
}

/** A query that breaks a rule, of which there is only `precision`, is 400, as InfluxDB has it. */
export function influxFailure(problem: Problem): Reply {
  const { kind, detail } = problem
  if (kind === invalid) return influxError(400, `${UNPARSEABLE}: ${detail}`)
  const { status, headers } = transientStatus(problem, droppedByInflux)
  return { ...influxError(status, detail), headers }
}

/** A refusal in the shapes of both versions. */
export function influxError(status: number, message: string): Reply {
  return { status, json: { code: CODES.get(status) ?? 'internal error', message, error: message } }
}
