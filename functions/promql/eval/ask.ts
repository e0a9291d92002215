// Answers a query over series that have been read.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { lowerBound } from '../columns/bounds.ts'
import { compareLabels, type Labels } from '../columns/labels.ts'
import type { Run } from '../columns/run.ts'
import { makeGrid, type StepSeries, type StoredSeries, type Value } from '../columns/values.ts'
import { bare, type Expression, type MatrixSelector, type Subquery } from '../syntax/ast.ts'
import { documentedType, typeOf } from '../syntax/check.ts'
import { QueryError } from '../syntax/query-error.ts'
import { evaluate } from './evaluate.ts'
import { storedOf } from './over-range.ts'
import { fixedInstant } from './selections.ts'

export type Answer =
  | { readonly type: 'matrix'; readonly series: readonly StoredSeries[] }
  | { readonly type: 'vector'; readonly at: number; readonly series: readonly Sample[] }
  | { readonly type: 'scalar'; readonly at: number; readonly value: number }
  | { readonly type: 'string'; readonly at: number; readonly text: string }

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** Answers an instant query at `run.start`. @throws {QueryError} */
export function* askInstant(run: Run, expression: Expression): Pieces<Answer> {
  const at = run.start
  const grid = { start: at, step: 1, count: 1 }
  const inner = bare(expression)
  if (inner.kind === 'matrix' || inner.kind === 'subquery') {
    const stored = yield* storedOf(run, inner, grid, evaluate)
    return { type: 'matrix', series: inRange(run, inner, stored) }
  }
  const value = yield* evaluate(run, inner, grid)
  if (value.kind === 'string') return { type: 'string', at, text: value.text }
  if (value.kind === 'scalar') return { type: 'scalar', at, value: value.values[0] as number }
  return {
    type: 'vector',
    at,
    series: value.series.map(({ labels, values }) => ({ labels, value: values[0] as number })),
  }
}

/** Returns the points of a range vector in its range; a subquery has no others. */
function inRange(run: Run, range: MatrixSelector | Subquery, stored: readonly StoredSeries[]): readonly StoredSeries[] {
  if (range.kind === 'subquery') return stored
  const end = (fixedInstant(range.selector.at, run) ?? run.start) - range.selector.offset
  const cut = stored.map(({ labels, at, value }) => {
    const from = lowerBound(at, end - range.range)
    let to = lowerBound(at, end)
    while (to < at.length && (at[to] as number) <= end) to++
    return { labels, at: at.subarray(from, to), value: value.subarray(from, to) }
  })
  return cut.filter(({ at }) => at.length > 0)
}

export interface StepAnswer {
  readonly grid: ReturnType<typeof makeGrid>
  /** Series in the order of their labels. */
  readonly series: readonly StepSeries[]
}

/** Answers a range query with a value for each step. @throws {QueryError} */
export function* askRange(run: Run, expression: Expression, step: number): Pieces<StepAnswer> {
  refuseRangeTypes(expression)
  const grid = makeGrid(run.start, run.end, step)
  const value: Value = yield* evaluate(run, expression, grid)
  if (value.kind === 'string') throw new TypeError('the type of the expression was checked')
  if (value.kind === 'vector')
    return { grid, series: value.series.toSorted((a, b) => compareLabels(a.labels, b.labels)) }
  const series = { labels: { pairs: [], key: '' }, values: value.values, has: new Uint8Array(grid.count).fill(1) }
  return { grid, series: [series] }
}

/** Ensures that an expression has a value at each step. @throws {QueryError} for a range vector or a string. */
function refuseRangeTypes(expression: Expression): void {
  const type = typeOf(expression)
  if (type === 'scalar' || type === 'vector') return
  const found = `invalid expression type "${documentedType(type)}" for range query`
  throw new QueryError('bad_data', `${found}, must be Scalar or instant Vector`)
}
