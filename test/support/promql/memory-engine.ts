// The engine over series in memory, answering in the JSON of the API.
import { atOnce, type Pieces } from '@penstock/shared/base/unhurried.ts'
import { lowerBound } from '../../../functions/promql/columns/bounds.ts'
import { compareLabels, makeLabels, valueOf } from '../../../functions/promql/columns/labels.ts'
import { DEFAULT_LOOKBACK, type Run } from '../../../functions/promql/columns/run.ts'
import type { StoredSeries } from '../../../functions/promql/columns/values.ts'
import { askInstant, askRange } from '../../../functions/promql/eval/ask.ts'
import { type Selection, selectionsOf } from '../../../functions/promql/eval/selections.ts'
import { writeAnswer, writeSteps } from '../../../functions/promql/http/answer-json.ts'
import type { Expression } from '../../../functions/promql/syntax/ast.ts'
import { loadRegexes } from '../../../functions/promql/syntax/matchers.ts'
import { parseExpression } from '../../../functions/promql/syntax/parser.ts'
import { QueryError } from '../../../functions/promql/syntax/query-error.ts'
import type { PrometheusAnswer, WrittenSeries } from '../programs/prometheus-receiver.ts'

await loadRegexes()

/** Bounds in ms. */
export interface StepRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

export interface MemoryEngine {
  instant(query: string, at: number): PrometheusAnswer
  range(query: string, range: StepRange): PrometheusAnswer
}

/** Makes an engine whose selectors find no point outside of the range that they say they need. */
export function memoryEngine(written: readonly WrittenSeries[], samples = 50_000_000): MemoryEngine {
  const stored = written
    .map(({ labels, at, value }) => ({
      labels: makeLabels(Object.entries(labels)),
      at: Float64Array.from(at),
      value: Float64Array.from(value),
    }))
    .toSorted((a, b) => compareLabels(a.labels, b.labels))
  const open = (expression: Expression, start: number, end: number): Run => {
    const selections = selectionsOf(expression, { start, end }, DEFAULT_LOOKBACK)
    const found = new Map(selections.map((selection) => [selection.selector, selectFrom(stored, selection)]))
    return {
      start,
      end,
      lookback: DEFAULT_LOOKBACK,
      seriesOf: (selector) => found.get(selector) ?? [],
      limits: { samples },
      checkTime: () => {},
      samples: 0,
    }
  }
  return {
    instant: (query, at) =>
      answerOf(query, (expression) =>
        textOf(writeAnswer(atOnce(askInstant(open(expression, at, at), expression)), Number.POSITIVE_INFINITY)),
      ),
    range: (query, { start, end, step }) =>
      answerOf(query, (expression) =>
        textOf(writeSteps(atOnce(askRange(open(expression, start, end), expression, step)), Number.POSITIVE_INFINITY)),
      ),
  }
}

const textOf = (work: Pieces<readonly Buffer[]>): string => Buffer.concat(atOnce(work)).toString()

function selectFrom(stored: readonly StoredSeries[], { selector, from, to }: Selection): readonly StoredSeries[] {
  const matching = stored.filter(({ labels }) =>
    selector.matchers.every(({ name, matches }) => matches(valueOf(labels, name))),
  )
  return matching.map(({ labels, at, value }) => {
    const [first, end] = [lowerBound(at, from), lowerBound(at, to + 0.5)]
    return { labels, at: at.subarray(first, end), value: value.subarray(first, end) }
  })
}

function answerOf(query: string, ask: (expression: Expression) => string): PrometheusAnswer {
  try {
    return { status: 'success', data: JSON.parse(ask(parse(query))) }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return { status: 'error', errorType: error.type, error: error.message }
  }
}

/** The API names the parameter that holds a wrong expression. */
function parse(query: string): Expression {
  try {
    return parseExpression(query)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw new QueryError('bad_data', `invalid parameter "query": ${error.message}`)
  }
}
