// Evaluates functions of range vectors: over the points of a selector, or over the steps of a subquery.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { withoutName } from '../columns/labels.ts'
import { DEFAULT_STEP, distinct, makeSeries, type Run } from '../columns/run.ts'
import type { ScalarValue, Value, VectorValue } from '../columns/values.ts'
import { asStored, type Grid, makeGrid, type StepSeries, type StoredSeries, stepAt } from '../columns/values.ts'
import { rangeFunctions } from '../functions/range-functions.ts'
import { whereAbsent } from '../functions/vector-functions.ts'
import { type Ranges, slide, type WindowFunction } from '../functions/window.ts'
import { bare, type Call, type Expression, type MatrixSelector, type Subquery } from '../syntax/ast.ts'
import { absentLabels } from './absent-labels.ts'
import { fixedInstant } from './selections.ts'

/** Evaluates an argument; it is passed in because evaluation is recursive. */
export type Evaluate = (run: Run, expression: Expression, grid: Grid) => Pieces<Value>

type RangeVector = MatrixSelector | Subquery

export function* overRange(run: Run, call: Call, grid: Grid, evaluate: Evaluate): Pieces<VectorValue> {
  const args = call.args.map(bare)
  const range = args.find(isRange) as RangeVector
  const parameters: Float64Array[] = []
  for (const argument of args) {
    if (!isRange(argument)) parameters.push(((yield* evaluate(run, argument, grid)) as ScalarValue).values)
  }
  const { at, offset } = range.kind === 'matrix' ? range.selector : range
  const ranges: Ranges = { grid, range: range.range, offset, fixed: fixedInstant(at, run), parameters }
  const compute = rangeFunctions.get(call.name) as WindowFunction
  const keepsName = call.name === 'last_over_time'
  const results: StepSeries[] = []
  for (const stored of yield* storedOf(run, range, grid, evaluate)) {
    const result = makeSeries(run, keepsName ? stored.labels : withoutName(stored.labels), grid.count)
    for (const _ of slide(result, stored, ranges, compute)) {
      run.checkTime()
      yield
    }
    results.push(result)
    yield
  }
  if (call.name === 'absent_over_time') {
    return whereAbsent(run, { kind: 'vector', series: results }, absentLabels(range), grid)
  }
  return distinct(results)
}

const isRange = (expression: { readonly kind: string }): expression is RangeVector =>
  expression.kind === 'matrix' || expression.kind === 'subquery'

/** Returns the series over which the windows of a range vector move. */
export function* storedOf(
  run: Run,
  range: RangeVector,
  grid: Grid,
  evaluate: Evaluate,
): Pieces<readonly StoredSeries[]> {
  if (range.kind === 'matrix') return run.seriesOf(range.selector)
  const inner = innerGrid(run, range, grid)
  const value = yield* evaluate(run, range.inner, inner)
  return (value as VectorValue).series.map((series) => asStored(series, inner))
}

/** Returns the steps of a subquery: multiples of its step, from the first range's start to the last range's end. */
function innerGrid(run: Run, { at, offset, range, step = DEFAULT_STEP }: Subquery, grid: Grid): Grid {
  const fixed = fixedInstant(at, run)
  const first = (fixed ?? grid.start) - offset - range
  const last = (fixed ?? stepAt(grid, grid.count - 1)) - offset
  return makeGrid(Math.ceil(first / step) * step, last, step)
}
