// The rules of queries: an expression is read, what it needs is fetched as columns, and it is evaluated within its limits.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { requestContext } from '@penstock/shared/base/logger.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { withTimeout } from '@penstock/shared/base/timeout.ts'
import { inPieces, type Pieces } from '@penstock/shared/base/unhurried.ts'
import { openTime, type QueryTime } from './columns/query-time.ts'
import { DEFAULT_LOOKBACK, type Run } from './columns/run.ts'
import type { InstantQuery, StepQuery } from './contract.ts'
import { type Answer, askInstant, askRange } from './eval/ask.ts'
import { selectionsOf } from './eval/selections.ts'
import { writeAnswer, writeSteps } from './http/answer-json.ts'
import { TRUNCATED } from './http/envelope.ts'
import { readInstant, readLimit, readQuery, readSteps, readTimeout } from './http/parameters.ts'
import type { PromqlLimits } from './limits.ts'
import { quotedNamesOf } from './stored/naming.ts'
import { type ReadDeps, readSelections } from './stored/read-selections.ts'
import type { Expression } from './syntax/ast.ts'
import type { Turns } from './turns.ts'

export interface PromqlDeps extends ReadDeps {
  readonly now: Clock
  readonly limits: PromqlLimits
  /** Queries of an instance take turns, so that their memory together is bounded. */
  readonly turns: Turns
}

/** The `data` of an answer as parts of JSON, and the warnings that belong to it. */
export interface Evaluated {
  readonly data: readonly Buffer[]
  readonly warnings: readonly string[]
}

/**
 * Evaluates an expression at an instant.
 * @throws {QueryError} for wrong parameters, and when the query needs too much or too long. {Problem} 503 when the database does not answer.
 */
export async function instantQuery(deps: PromqlDeps, caller: TenantPrincipal, sent: InstantQuery): Promise<Evaluated> {
  const most = readLimit(sent.limit)
  const at = sent.time === undefined || sent.time === '' ? deps.now() : readInstant('time', sent.time)
  const timeoutMs = readTimeout(sent.timeout, deps.limits.queryMs)
  const expression = readQuery(sent.query)
  const question = { expression, start: at, end: at, timeoutMs }
  return await evaluate(deps, caller, question, function* (run) {
    const answer = yield* askInstant(run, expression)
    const { kept, warnings } = firstOf(answer, most)
    return { data: yield* writeAnswer(kept, deps.limits.answerBytes), warnings }
  })
}

/** Keeps the first series of an answer, up to the caller's limit. */
function firstOf(answer: Answer, most: number): { readonly kept: Answer; readonly warnings: readonly string[] } {
  if (answer.type === 'scalar' || answer.type === 'string' || answer.series.length <= most)
    return { kept: answer, warnings: [] }
  const kept =
    answer.type === 'vector'
      ? { ...answer, series: answer.series.slice(0, most) }
      : { ...answer, series: answer.series.slice(0, most) }
  return { kept, warnings: [TRUNCATED] }
}

/**
 * Evaluates an expression at each step of a range.
 * @throws {QueryError} and {Problem} like `instantQuery`.
 */
export async function rangeQuery(deps: PromqlDeps, caller: TenantPrincipal, sent: StepQuery): Promise<Evaluated> {
  const most = readLimit(sent.limit)
  const { start = '', end = '', step = '' } = sent
  const steps = readSteps({ start, end, step }, deps.limits.steps)
  const timeoutMs = readTimeout(sent.timeout, deps.limits.queryMs)
  const expression = readQuery(sent.query)
  const question = { expression, start: steps.start, end: steps.end, timeoutMs }
  return await evaluate(deps, caller, question, function* (run) {
    const { grid, series } = yield* askRange(run, expression, steps.step)
    const data = yield* writeSteps({ grid, series: series.slice(0, most) }, deps.limits.answerBytes)
    return { data, warnings: series.length > most ? [TRUNCATED] : [] }
  })
}

interface Question {
  readonly expression: Expression
  /** In ms, both included. */
  readonly start: number
  readonly end: number
  readonly timeoutMs: number
}

type Ask<T> = (run: Run) => Pieces<T>

/** Waits for a turn, reads what an expression needs, evaluates it, and writes the answer. */
async function evaluate<T>(deps: PromqlDeps, { tenant }: TenantPrincipal, question: Question, ask: Ask<T>): Promise<T> {
  const time = openTime(deps.now, question.timeoutMs)
  const holder = requestContext.getStore()?.holder ?? ''
  const endTurn = await deps.turns.take(holder, time.leftMs(), time.queueError)
  const work = answerInTurn({ deps, tenantId: tenant.id, question, time }, ask).finally(endTurn)
  return await withTimeout(time.leftMs(), work, () => {
    throw time.error()
  })
}

interface Turn {
  readonly deps: PromqlDeps
  readonly tenantId: number
  readonly question: Question
  readonly time: QueryTime
}

/** Runs within a turn. It ends soon after the time of the query, because every step checks that time. */
async function answerInTurn<T>({ deps, tenantId, question, time }: Turn, ask: Ask<T>): Promise<T> {
  const { limits } = deps
  const { expression, start, end } = question
  time.check()
  try {
    const quoted = quotedNamesOf([expression])
    const selections = selectionsOf(expression, { start, end }, DEFAULT_LOOKBACK)
    const found = await readSelections(deps, { tenantId, selections, quoted, time })
    const seriesOf: Run['seriesOf'] = (selector) => found.get(selector) ?? []
    const run: Run = { start, end, lookback: DEFAULT_LOOKBACK, seriesOf, limits, checkTime: time.check, samples: 0 }
    time.check()
    return await inPieces(ask(run))
  } catch (error) {
    // The server has cancelled a statement because the time was over.
    time.check()
    throw error
  }
}
