// `topk` and `bottomk`: they keep whole series, with their own labels.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { collect, type Run, use } from '../columns/run.ts'
import type { StepSeries, VectorValue } from '../columns/values.ts'
import { formatNumber } from '../syntax/format-number.ts'
import { executionError } from '../syntax/query-error.ts'
import type { SeriesGroup } from './series-groups.ts'

/** Keeps the greatest or least `counts[step]` values of each group. The result of a single step is in the order of values. */
export function* selectExtremes(
  run: Run,
  operator: 'topk' | 'bottomk',
  groups: readonly SeriesGroup[],
  counts: Float64Array,
): Pieces<VectorValue> {
  for (const count of counts) {
    if (!(Math.abs(count) <= 2 ** 63)) throw executionError(`Scalar value ${formatNumber(count)} overflows int64`)
  }
  const results: StepSeries[] = []
  for (const group of groups) {
    const kept = new Map<StepSeries, StepSeries>()
    for (let i = 0; i < counts.length; i++) {
      const best = bestOf(group.series, i, Math.trunc(counts[i] as number), operator === 'topk' ? 1 : -1)
      for (const series of best) keep(run, kept, series, i)
      if (i % 64 === 63) yield
    }
    results.push(...kept.values())
    yield
  }
  return collect(run, results)
}

function keep(run: Run, kept: Map<StepSeries, StepSeries>, series: StepSeries, step: number): void {
  let own = kept.get(series)
  if (!own) {
    use(run, series.has.length)
    own = { ...series, has: new Uint8Array(series.has.length) }
    kept.set(series, own)
  }
  own.has[step] = 1
}

/** Returns the best series of a step, best first, NaN last. Of equal ones the earlier stays. */
function bestOf(series: readonly StepSeries[], step: number, count: number, sign: 1 | -1): readonly StepSeries[] {
  const best: StepSeries[] = []
  if (count < 1) return best
  const isBetter = (a: number, b: number): boolean => (Number.isNaN(b) ? !Number.isNaN(a) : sign * a > sign * b)
  for (const one of series) {
    if (one.has[step] === 0) continue
    const value = one.values[step] as number
    let place = best.length
    while (place > 0 && isBetter(value, best[place - 1]?.values[step] as number)) place--
    if (place >= count) continue
    best.splice(place, 0, one)
    if (best.length > count) best.pop()
  }
  return best
}
