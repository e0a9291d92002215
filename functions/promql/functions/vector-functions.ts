// Functions of instant vectors, series by series or step by step.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { type Labels, NO_LABELS, withoutName } from '../columns/labels.ts'
import { collect, makeSeries, type Run } from '../columns/run.ts'
import { type Grid, hasAny, type ScalarValue, type StepSeries, stepAt, type VectorValue } from '../columns/values.ts'

/** Applies a function to each value; the name is dropped. Undefined leaves a value out. */
export function* mapValues(
  run: Run,
  { series }: VectorValue,
  compute: (value: number, step: number) => number | undefined,
): Pieces<VectorValue> {
  const results: StepSeries[] = []
  for (const { labels, values, has } of series) {
    const result = makeSeries(run, withoutName(labels), values.length)
    for (let i = 0; i < values.length; i++) {
      if (has[i] === 0) continue
      const value = compute(values[i] as number, i)
      if (value === undefined) continue
      result.has[i] = 1
      result.values[i] = value
    }
    results.push(result)
    yield
  }
  return collect(run, results)
}

/** Changes labels, which may make series equal. @throws {QueryError} when two of them then have a value at the same step. */
export const mapLabels = (run: Run, { series }: VectorValue, change: (labels: Labels) => Labels): VectorValue =>
  collect(
    run,
    series.map((one) => ({ ...one, labels: change(one.labels) })),
  )

/** Returns the only value of each step, and NaN where there is none or more than one. */
export function toScalar({ series }: VectorValue, { count }: Grid): ScalarValue {
  const values = new Float64Array(count).fill(Number.NaN)
  const found = new Uint32Array(count)
  for (const one of series) {
    for (let i = 0; i < count; i++) {
      if (one.has[i] === 0) continue
      const isOnly = (found[i] = (found[i] as number) + 1) === 1
      values[i] = isOnly ? (one.values[i] as number) : Number.NaN
    }
  }
  return { kind: 'scalar', values }
}

export function toVector({ values }: ScalarValue): VectorValue {
  const series = { labels: NO_LABELS, values, has: new Uint8Array(values.length).fill(1) }
  return { kind: 'vector', series: values.length > 0 ? [series] : [] }
}

/** Returns 1 at the steps at which no series has a value. */
export function whereAbsent(run: Run, { series }: VectorValue, labels: Labels, { count }: Grid): VectorValue {
  const absent = makeSeries(run, labels, count)
  absent.values.fill(1)
  absent.has.fill(1)
  for (const { has } of series) for (let i = 0; i < count; i++) if (has[i] === 1) absent.has[i] = 0
  return { kind: 'vector', series: hasAny(absent) ? [absent] : [] }
}

/** Sorts the series of a single step by value, with NaN last. A result with several steps is not sorted. */
export function sortByValue({ series }: VectorValue, sign: 1 | -1, { count }: Grid): VectorValue {
  if (count !== 1) return { kind: 'vector', series }
  const valueOf = ({ values }: StepSeries): number => values[0] as number
  const numbers = series.filter((one) => !Number.isNaN(valueOf(one)))
  const others = series.filter((one) => Number.isNaN(valueOf(one)))
  return {
    kind: 'vector',
    series: [...numbers.toSorted((a, b) => order(sign * valueOf(a), sign * valueOf(b))), ...others],
  }
}

const order = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)

/** Returns the seconds of each step. */
export const secondsOf = (grid: Grid): Float64Array =>
  Float64Array.from({ length: grid.count }, (_, i) => stepAt(grid, i) / 1_000)
