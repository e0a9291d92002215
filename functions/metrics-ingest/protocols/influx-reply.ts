// The answers of InfluxDB's write interfaces. Version 2 clients read `code` and `message`, version 1 clients `error`.
// https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
import { invalid, type Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import type { DecodedLines } from './line-protocol.ts'
import { firstReasons } from './reasons.ts'
import { droppedByInflux, transientStatus } from './transient-status.ts'

/** InfluxDB's own text, which version 1 clients look for in `error`. */
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
 * Answers 204 when all lines are stored (strings excepted), 422 when a part was refused, and 400 when no line could be parsed.
 * `Penstock-Ignored` has the number of ignored strings, and the names in the query that are in no label.
 */
export function influxReply({ rejections, ignored, parsed }: DecodedLines, unlabelled: readonly string[]): Reply {
  const told = [...(ignored > 0 ? [String(ignored)] : []), ...unlabelled].join(', ')
  const headers = told === '' ? {} : { 'penstock-ignored': told }
  if (rejections.length === 0) return { status: 204, headers }
  const reasons = firstReasons(rejections, ({ index }) => `line ${index + 1}: `)
  const error = parsed > 0 ? influxError(422, `${PARTIAL}: ${reasons}`) : influxError(400, `${UNPARSEABLE}: ${reasons}`)
  return { ...error, headers }
}

/** An invalid query, which can only be an invalid `precision`, is answered with 400, like InfluxDB does. */
export function influxFailure(problem: Problem): Reply {
  const { kind, detail } = problem
  if (kind === invalid) return influxError(400, `${UNPARSEABLE}: ${detail}`)
  const { status, headers } = transientStatus(problem, droppedByInflux)
  return { ...influxError(status, detail), headers }
}

/** Returns a refusal in the form of both versions. */
export function influxError(status: number, message: string): Reply {
  return { status, json: { code: CODES.get(status) ?? 'internal error', message, error: message } }
}
