// The rules for every answer, whatever the request was.
import type { Answer } from './answers.ts'
import type { HostileRequest } from './hostile-request.ts'
import { foreignRoutes } from './seeds/seeds.ts'
import type { Outcome } from './talk.ts'

/** Returns the rules that an outcome breaks, as sentences; empty when there are none. */
export function judge(
  request: Pick<HostileRequest, 'manner' | 'mutations' | 'refusal' | 'route'>,
  outcome: Outcome,
): readonly string[] {
  if (request.manner === 'cut') return []
  const { answers, end, broken } = outcome
  return [
    ...(end === 'late' ? [`neither an answer nor an end after ${Math.round(outcome.ms)} ms`] : []),
    ...(broken === undefined ? [] : [broken]),
    ...(answers.length === 0 && end === 'ended' ? ['the connection ended without an answer'] : []),
    ...(request.manner === 'kept' && answers.length > 1 ? [`${answers.length} answers to one request`] : []),
    ...(request.mutations.length === 0 ? answers.flatMap((answer) => judgeValid(answer, request.refusal)) : []),
    ...answers.flatMap((answer) => judgeAnswer(answer, foreignRoutes.has(request.route))),
  ]
}

/** The reasons for which a healthy instance may refuse: its own limits, each with a maximum. */
export const justified: readonly string[] = [
  // For third-party protocols, whose senders drop points after 408.
  'The body arrived at less than',
  'There are too many requests at the same time.',
  'There are too many large requests at the same time.',
]

const judgeValid = ({ status, body }: Answer, refusal: number | undefined): readonly string[] =>
  (refusal === undefined ? status < 300 : status === refusal)
    ? []
    : [`a valid request is answered ${status}: ${body.toString('utf8').slice(0, 300)}`]

function judgeAnswer(answer: Answer, isForeign: boolean): readonly string[] {
  return [...judgeStatus(answer), ...judgeHeaders(answer), ...judgeBody(answer, isForeign), ...leaksOf(answer)]
}

function judgeStatus({ status, headers, body }: Answer): readonly string[] {
  if (status < 500) return []
  const text = body.toString('utf8')
  if (status !== 503) return [`status ${status}: ${text.slice(0, 300)}`]
  return [
    ...(/^\d+$/.test(headers['retry-after'] ?? '') ? [] : ['503 without Retry-After']),
    ...(justified.some((detail) => text.includes(detail))
      ? []
      : [`503 without a reason of its own: ${text.slice(0, 300)}`]),
  ]
}

const NEEDED: Readonly<Record<string, RegExp>> = {
  'access-control-allow-origin': /^\*$/,
  'access-control-expose-headers': /\bX-Request-Time\b/,
  vary: /\bOrigin\b/,
  'x-request-time': /^\d+\.\d{3}$/,
}
const NEEDED_BY_STATUS: Readonly<Record<number, string>> = { 401: 'www-authenticate', 405: 'allow' }

function judgeHeaders({ status, headers }: Answer): readonly string[] {
  const needed = Object.entries(NEEDED).filter(([name, form]) => !form.test(headers[name] ?? ''))
  const byStatus = NEEDED_BY_STATUS[status]
  return [
    ...needed.map(([name]) => `${status} with ${name}: ${headers[name] ?? '(absent)'}`),
    ...(byStatus !== undefined && headers[byStatus] === undefined ? [`${status} without ${byStatus}`] : []),
    ...(headers['x-injected'] === undefined ? [] : ['a header that a caller made']),
  ]
}

/** Media types in which clients of third-party protocols read refusals. */
const FOREIGN = /^(?:application\/json|application\/x-protobuf|text\/plain; charset=utf-8)$/

function judgeBody({ status, headers, body }: Answer, isForeign: boolean): readonly string[] {
  if (body.length === 0) return []
  const type = headers['content-type'] ?? ''
  if (status < 400)
    return type === 'application/json' && parsed(body) === undefined ? ['a success that is not valid JSON'] : []
  if (isForeign && FOREIGN.test(type)) return []
  if (type !== 'application/problem+json') return [`${status} with the content type ${type || '(none)'}`]
  const problem = parsed(body) as { detail?: unknown; status?: unknown; title?: unknown; type?: unknown } | undefined
  const isProblem = typeof problem === 'object' && problem !== null && problem.status === status
  const texts = [problem?.detail, problem?.title, problem?.type]
  return isProblem && texts.every((text) => typeof text === 'string' && text !== '')
    ? []
    : ['an error that is not a problem document']
}

/** Traces of information that callers must not see: stack traces, files, statements, our tables, other tenants. */
const LEAKS =
  /\bat (?:\S+ \(\S+|\S+):\d+:\d+|node_modules|file:\/\/|\/(?:home|work|root|tmp|usr)\/|\.[cm]?[tj]s\b:|\b(?:metric_log|metric_chunk|metric_series|dead_letter|api_key_|pg_catalog|app\.tenant_id)\b|violates|SQLSTATE|syntax error at|relation "|bystander/

function leaksOf({ status, body }: Answer): readonly string[] {
  if (status < 400) return []
  const found = LEAKS.exec(body.toString('utf8'))
  return found ? [`the answer says ${JSON.stringify(found[0])}`] : []
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
