// The rules of queries: an expression is read, what it needs is fetched as columns, and it is evaluated within its limits.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { requestContext } from '@penstock/shared/base/logger.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { withTimeout } from '@penstock/shared/base/timeout.ts'
import { inPieces, type Pieces } from '@penstock/shared/base/unhurried.ts'
import type { Allowance } from '@penstock/shared/http/body-allowance.ts'
import { DEFAULT_LOOKBACK, type Run } from './columns/run.ts'
import type { InstantQuery, StepQuery } from './contract.ts'
import { askInstant, askRange } from './eval/ask.ts'
import { selectionsOf } from './eval/selections.ts'
import { writeAnswer, writeSteps } from './http/answer-json.ts'
import { TRUNCATED } from './http/envelope.ts'
import { readInstant, readLimit, readQuery, readSteps, readTimeout } from './http/parameters.ts'
import type { PromqlLimits } from './limits.ts'
import { quotedNamesOf } from './stored/naming.ts'
import { type ReadDeps, readSelections } from './stored/read-selections.ts'
import type { Expression } from './syntax/ast.ts'
import { executionError, QueryError } from './syntax/query-error.ts'

export interface PromqlDeps extends ReadDeps {
  readonly now: Clock
  readonly limits: PromqlLimits
  /** Opens a query's part of the memory; a query takes one. */
  readonly openTurn: (holder: string) => Allowance
}

/** The `data` of an answer, as JSON, and what it lacks. */
export interface Evaluated {
  readonly data: string
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
  const answer = await evaluate(deps, caller, question, (run) => askInstant(run, expression))
  if (answer.type === 'scalar' || answer.type === 'string') return { data: writeAnswer(answer), warnings: [] }
  const isCut = answer.series.length > most
  const kept =
    answer.type === 'vector'
      ? { ...answer, series: answer.series.slice(0, most) }
      : { ...answer, series: answer.series.slice(0, most) }
  return { data: checkSize(deps.limits, writeAnswer(kept)), warnings: isCut ? [TRUNCATED] : [] }
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
  const { grid, series } = await evaluate(deps, caller, question, (run) => askRange(run, expression, steps.step))
  const data = checkSize(deps.limits, writeSteps({ grid, series: series.slice(0, most) }))
  return { data, warnings: series.length > most ? [TRUNCATED] : [] }
}

function checkSize({ answerBytes }: PromqlLimits, data: string): string {
  if (data.length <= answerBytes) return data
  const mib = Math.floor(answerBytes / 1024 / 1024)
  throw executionError(`the answer would have more than ${mib} MiB; ask for fewer series or a longer step`)
}

interface Question {
  readonly expression: Expression
  /** In ms, both included. */
  readonly start: number
  readonly end: number
  readonly timeoutMs: number
}

const timedOut = (): QueryError => new QueryError('timeout', 'query timed out in query execution')

/** Reads what an expression needs, and evaluates it. Queries take turns, so that their memory together is bounded. */
async function evaluate<T>(
  deps: PromqlDeps,
  { tenant }: TenantPrincipal,
  { expression, start, end, timeoutMs }: Question,
  ask: (run: Run) => Pieces<T>,
): Promise<T> {
  const deadline = deps.now() + timeoutMs
  const checkTime = (): void => {
    if (deps.now() >= deadline) throw timedOut()
  }
  const turn = deps.openTurn(requestContext.getStore()?.holder ?? '')
  const work = async (): Promise<T> => {
    try {
      await turn.take(1)
      checkTime()
      const quoted = quotedNamesOf([expression])
      const selections = selectionsOf(expression, { start, end }, DEFAULT_LOOKBACK)
      const found = await readSelections(deps, { tenantId: tenant.id, selections, quoted })
      const seriesOf: Run['seriesOf'] = (selector) => found.get(selector) ?? []
      const { limits } = deps
      const run: Run = { start, end, lookback: DEFAULT_LOOKBACK, seriesOf, limits, checkTime, samples: 0 }
      checkTime()
      return await inPieces(ask(run))
    } finally {
      turn.release()
    }
  }
  return await withTimeout(timeoutMs, work(), () => {
    throw timedOut()
  })
}
