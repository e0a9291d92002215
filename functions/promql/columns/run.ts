// One evaluation: the series that its selectors found, its limits, and what it has used of them.
import type { VectorSelector } from '../syntax/ast.ts'
import { QueryError } from '../syntax/query-error.ts'
import type { Labels } from './labels.ts'
import { hasAny, type StepSeries, type StoredSeries, type VectorValue } from './values.ts'

export interface EvaluationLimits {
  /** Maximum cells and points of all steps of an evaluation together. */
  readonly samples: number
}

export interface Run {
  /** Ends of the query's range in ms. */
  readonly start: number
  readonly end: number
  /** Milliseconds within which a selector finds the last point. */
  readonly lookback: number
  readonly seriesOf: (selector: VectorSelector) => readonly StoredSeries[]
  readonly limits: EvaluationLimits
  /** Throws when the time of the query is over. */
  readonly checkTime: () => void
  samples: number
}

/** Five minutes, as in Prometheus. */
export const DEFAULT_LOOKBACK = 300_000
/** The step of subqueries that name none, in ms: Prometheus takes its global evaluation interval. */
export const DEFAULT_STEP = 60_000

const ADVICE = 'ask for fewer series, a shorter range or a longer step'

/** Makes the error of a query that needs more points or cells than it may; `limit` says how many that are. */
export const tooManySamples = (limit: string): QueryError =>
  new QueryError(
    'execution',
    `query processing would load too many samples into memory in query execution: at most ${limit}; ${ADVICE}`,
  )

/** Counts cells or points. @throws {QueryError} above the limit, or when the time is over. */
export function use(run: Run, samples: number): void {
  run.samples += samples
  if (run.samples > run.limits.samples)
    throw tooManySamples(`${run.limits.samples.toLocaleString('en-US')} cells in an evaluation`)
  run.checkTime()
}

/** Makes an empty series by steps. */
export function makeSeries(run: Run, labels: Labels, count: number): StepSeries {
  use(run, count)
  return { labels, values: new Float64Array(count), has: new Uint8Array(count) }
}

const SAME_LABELS = 'vector cannot contain metrics with the same labelset'

/**
 * Collects series of a step-by-step result: those with equal labels become one.
 * @throws {QueryError} when two of them have a value at the same step.
 */
export function collect(run: Run, series: readonly StepSeries[]): VectorValue {
  const byKey = new Map<string, StepSeries>()
  const owned = new Set<StepSeries>()
  for (const one of series) {
    if (!hasAny(one)) continue
    const known = byKey.get(one.labels.key)
    if (known === undefined) {
      byKey.set(one.labels.key, one)
      continue
    }
    const target = owned.has(known) ? known : copyOf(run, known)
    owned.add(target)
    byKey.set(one.labels.key, target)
    merge(target, one)
  }
  return { kind: 'vector', series: [...byKey.values()] }
}

function copyOf(run: Run, { labels, values, has }: StepSeries): StepSeries {
  use(run, values.length)
  return { labels, values: values.slice(), has: has.slice() }
}

function merge(target: StepSeries, from: StepSeries): void {
  for (let i = 0; i < from.has.length; i++) {
    if (from.has[i] === 0) continue
    if (target.has[i] === 1) throw new QueryError('execution', SAME_LABELS)
    target.has[i] = 1
    target.values[i] = from.values[i] as number
  }
}

/** Returns series none of which may have the labels of another, at whatever step. @throws {QueryError} */
export function distinct(series: readonly StepSeries[]): VectorValue {
  const kept = series.filter(hasAny)
  if (new Set(kept.map(({ labels }) => labels.key)).size < kept.length) throw new QueryError('execution', SAME_LABELS)
  return { kind: 'vector', series: kept }
}
