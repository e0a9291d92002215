// Reads the parameters of the Prometheus API, and refuses wrong ones with its words.
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import type { Expression, VectorSelector } from '../syntax/ast.ts'
import { parseDuration, parseFloat64 } from '../syntax/durations.ts'
import { parseExpression } from '../syntax/parser.ts'
import { QueryError } from '../syntax/query-error.ts'

const wrong = (name: string, message: string): QueryError =>
  new QueryError('bad_data', `invalid parameter "${name}": ${message}`)

/** The last instant of JavaScript's calendar, in ms. */
const MOST_MS = 8.64e15

/** Reads an instant in ms: seconds since 1970, or RFC 3339. @throws {QueryError} */
export function readInstant(name: string, text: string): number {
  const seconds = parseFloat64(text)
  const ms = seconds === undefined ? rfc3339(text) : Math.round(seconds * 1_000)
  if (ms === undefined || !(Math.abs(ms) <= MOST_MS))
    throw wrong(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`)
  return ms
}

const rfc3339 = (text: string): number | undefined => {
  const us = /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(text) ? parseTimestamp(text) : undefined
  return us === undefined ? undefined : Math.floor(us / 1_000)
}

/** Reads a duration in ms: seconds, or a duration such as `1h30m`. @throws {QueryError} */
function readDuration(name: string, text: string): number {
  const refuse = (end = '') => wrong(name, `cannot parse ${JSON.stringify(text)} to a valid duration${end}`)
  const seconds = parseFloat64(text)
  if (seconds !== undefined) {
    if (!(Math.abs(seconds) <= 9_223_372_036)) throw refuse('. It overflows int64')
    return Math.trunc(seconds * 1_000)
  }
  const ms = parseDuration(text)
  if (typeof ms !== 'number') throw refuse()
  return ms
}

/**
 * Reads the maximum of entries; Infinity when it is absent.
 * @throws {QueryError}
 */
export function readLimit(text: string | undefined, name = 'limit'): number {
  if (text === undefined || text === '') return Number.POSITIVE_INFINITY
  if (!/^\d{1,15}$/.test(text)) throw wrong(name, 'limit must be a number')
  return Number(text) === 0 ? Number.POSITIVE_INFINITY : Number(text)
}

/** Reads the time that a query may take, in ms. @throws {QueryError} */
export const readTimeout = (text: string | undefined, most: number): number =>
  text === undefined || text === '' ? most : Math.min(most, Math.max(0, readDuration('timeout', text)))

/** Reads an expression. @throws {QueryError} that names the parameter. */
export function readQuery(text: string | undefined): Expression {
  return parsed('query', text ?? '')
}

function parsed(name: string, text: string): Expression {
  try {
    return parseExpression(text)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw new QueryError(error.type, `invalid parameter "${name}": ${error.message}`)
  }
}

const MATCH = 'match[]'

/** Reads selectors. @throws {QueryError} for an expression that is not a selector. */
export function readSelectors(texts: readonly string[]): readonly VectorSelector[] {
  return texts.map((text) => {
    const expression = parsed(MATCH, text)
    if (expression.kind !== 'selector' || expression.offset !== 0 || expression.at !== undefined)
      throw wrong(MATCH, 'must be a selector of series, such as up{job="api"}')
    return expression
  })
}

export interface Steps {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** Reads the steps of a range query. @throws {QueryError} */
export function readSteps(
  { start, end, step }: { readonly start: string; readonly end: string; readonly step: string },
  most: number,
): Steps {
  const first = readInstant('start', start)
  const last = readInstant('end', end)
  if (last < first) throw wrong('end', 'end timestamp must not be before start time')
  const between = readDuration('step', step)
  if (between <= 0)
    throw wrong('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer')
  if ((last - first) / between > most) {
    const count = most.toLocaleString('en-US')
    const message = `exceeded maximum resolution of ${count} points per timeseries. Try decreasing the query resolution (?step=XX)`
    throw new QueryError('bad_data', message)
  }
  return { start: first, end: last, step: between }
}
