// Evaluates aggregations. Series are grouped once; the steps of a group are columns.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { quantileOf } from '../columns/quantiles.ts'
import { makeSeries, type Run } from '../columns/run.ts'
import type { StepSeries, Value, VectorValue } from '../columns/values.ts'
import type { Aggregation } from '../syntax/ast.ts'
import { countValues } from './count-values.ts'
import { groupLabels, groupSeries, type SeriesGroup } from './series-groups.ts'
import { selectExtremes } from './top-values.ts'

/** Aggregates a vector. @throws {QueryError} for a parameter that is out of range. */
export function* aggregate(
  run: Run,
  aggregation: Aggregation,
  vector: VectorValue,
  parameter: Value | undefined,
): Pieces<VectorValue> {
  const { operator, grouping, isWithout } = aggregation
  if (operator === 'count_values') return yield* countValues(run, aggregation, vector, parameter)
  const groups = groupSeries(vector.series, (labels) => groupLabels(labels, grouping, isWithout))
  const numbers = parameter?.kind === 'scalar' ? parameter.values : new Float64Array(0)
  if (operator === 'topk' || operator === 'bottomk') return yield* selectExtremes(run, operator, groups, numbers)
  const series: StepSeries[] = []
  for (const group of groups) {
    const result = makeSeries(run, group.labels, group.series[0]?.has.length ?? 0)
    if (operator === 'quantile') fillQuantiles(result, group, numbers)
    else accumulators[operator](result, group)
    series.push(result)
    yield
  }
  return { kind: 'vector', series }
}

type Accumulate = (result: StepSeries, group: SeriesGroup) => void

/** Makes an aggregation that combines values one by one. The first value of a step is taken unchanged. */
const folding =
  (
    combine: (before: number, value: number) => number,
    first: (value: number) => number = (value) => value,
  ): Accumulate =>
  ({ values, has }, { series }) => {
    for (const one of series) {
      for (let i = 0; i < has.length; i++) {
        if (one.has[i] === 0) continue
        const value = one.values[i] as number
        values[i] = has[i] === 1 ? combine(values[i] as number, value) : first(value)
        has[i] = 1
      }
    }
  }

const accumulators: Readonly<
  Record<Exclude<Aggregation['operator'], 'topk' | 'bottomk' | 'quantile' | 'count_values'>, Accumulate>
> = {
  sum: folding((sum, value) => sum + value),
  count: folding(
    (count) => count + 1,
    () => 1,
  ),
  group: folding(
    () => 1,
    () => 1,
  ),
  min: folding((least, value) => (least > value || Number.isNaN(least) ? value : least)),
  max: folding((most, value) => (most < value || Number.isNaN(most) ? value : most)),
  avg: fillMeans,
  stdvar: fillVariances,
  stddev: (result, group) => {
    fillVariances(result, group)
    for (let i = 0; i < result.values.length; i++) result.values[i] = Math.sqrt(result.values[i] as number)
  },
}

/** Updates a mean with each value, so that no sum overflows. A mean that is infinite remains infinite. */
function fillMeans({ values, has }: StepSeries, { series }: SeriesGroup): void {
  const counts = new Uint32Array(has.length)
  for (const one of series) {
    for (let i = 0; i < has.length; i++) {
      if (one.has[i] === 0) continue
      const value = one.values[i] as number
      const count = (counts[i] = (counts[i] as number) + 1)
      values[i] = count === 1 ? value : nextMean(values[i] as number, value, count)
      has[i] = 1
    }
  }
}

function nextMean(mean: number, value: number, count: number): number {
  if (Math.abs(mean) === Number.POSITIVE_INFINITY && (value === mean || Number.isFinite(value))) return mean
  return mean + (value / count - mean / count)
}

/** Welford's method: the mean and the sum of squared differences are updated by each value. */
function fillVariances({ values, has }: StepSeries, { series }: SeriesGroup): void {
  const counts = new Uint32Array(has.length)
  const means = new Float64Array(has.length)
  for (const one of series) {
    for (let i = 0; i < has.length; i++) {
      if (one.has[i] === 0) continue
      const value = one.values[i] as number
      const count = (counts[i] = (counts[i] as number) + 1)
      has[i] = 1
      if (count === 1) {
        means[i] = value
        continue
      }
      const difference = value - (means[i] as number)
      const mean = (means[i] as number) + difference / count
      means[i] = mean
      values[i] = (values[i] as number) + difference * (value - mean)
    }
  }
  for (let i = 0; i < has.length; i++) if (has[i] === 1) values[i] = (values[i] as number) / (counts[i] as number)
}

function fillQuantiles({ values, has }: StepSeries, { series }: SeriesGroup, quantiles: Float64Array): void {
  const room = new Float64Array(series.length)
  for (let i = 0; i < has.length; i++) {
    let length = 0
    for (const one of series) if (one.has[i] === 1) room[length++] = one.values[i] as number
    if (length === 0) continue
    has[i] = 1
    values[i] = quantileOf(quantiles[i] as number, room.subarray(0, length))
  }
}
