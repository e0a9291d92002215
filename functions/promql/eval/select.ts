// Evaluates selectors: for each step the last point that is not too old.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { makeSeries, type Run } from '../columns/run.ts'
import { type Grid, hasAny, type StepSeries, type StoredSeries, stepAt } from '../columns/values.ts'
import type { VectorSelector } from '../syntax/ast.ts'
import { fixedInstant } from './selections.ts'

/** Evaluates a selector. With `times`, the values are the seconds at which the points lie. */
export function* select(
  run: Run,
  selector: VectorSelector,
  grid: Grid,
  { times }: { readonly times: boolean },
): Pieces<readonly StepSeries[]> {
  const found: StepSeries[] = []
  const fixed = fixedInstant(selector.at, run)
  for (const stored of run.seriesOf(selector)) {
    const series = makeSeries(run, stored.labels, grid.count)
    fillSteps(series, stored, { grid, fixed, offset: selector.offset, lookback: run.lookback, times })
    if (hasAny(series)) found.push(series)
    yield
  }
  return found
}

interface Steps {
  readonly grid: Grid
  readonly fixed: number | undefined
  readonly offset: number
  readonly lookback: number
  readonly times: boolean
}

function fillSteps({ values, has }: StepSeries, { at, value }: StoredSeries, steps: Steps): void {
  const { grid, fixed, offset, lookback, times } = steps
  let next = 0
  for (let i = 0; i < grid.count; i++) {
    const instant = (fixed ?? stepAt(grid, i)) - offset
    while (next < at.length && (at[next] as number) <= instant) next++
    const last = next - 1
    if (last < 0 || (at[last] as number) < instant - lookback) continue
    has[i] = 1
    values[i] = times ? (at[last] as number) / 1_000 : (value[last] as number)
  }
}
