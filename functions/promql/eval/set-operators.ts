// Evaluates `and`, `or` and `unless`: at each step they test whether the other side has a series with the same matching labels.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { collect, type Run, use } from '../columns/run.ts'
import type { StepSeries, VectorValue } from '../columns/values.ts'
import type { Binary } from '../syntax/ast.ts'
import { groupsOf } from './matching.ts'

export function* combineSets(
  run: Run,
  { operator, matching }: Binary,
  left: VectorValue,
  right: VectorValue,
): Pieces<VectorValue> {
  const results: StepSeries[] = []
  for (const group of groupsOf(matching, left.series, right.series).values()) {
    const [shown, other] = operator === 'or' ? [group.right, group.left] : [group.left, group.right]
    const present = presence(other)
    for (const series of shown) results.push(masked(run, series, present, operator === 'and'))
    yield
  }
  if (operator === 'or') return collect(run, [...left.series, ...inOrderOf(right, results)])
  return collect(run, inOrderOf(left, results))
}

/** Marks the steps at which at least one of the series has a value; undefined without series. */
function presence(series: readonly StepSeries[]): Uint8Array | undefined {
  const [first, ...others] = series
  if (!first || others.length === 0) return first?.has
  const present = first.has.slice()
  for (const { has } of others)
    for (let i = 0; i < has.length; i++) present[i] = (present[i] as number) | (has[i] as number)
  return present
}

/** Keeps the cells where the other side is present or, with `wanted` false, absent. */
function masked(run: Run, series: StepSeries, present: Uint8Array | undefined, wanted: boolean): StepSeries {
  if (present === undefined && !wanted) return series
  use(run, series.has.length)
  const kept = wanted ? 1 : 0
  return { ...series, has: series.has.map((has, i) => (has === 1 && (present?.[i] ?? 0) === kept ? 1 : 0)) }
}

/** Restores the order of the side that the results come from, which grouping has changed: an instant query shows it. */
function inOrderOf({ series }: VectorValue, results: readonly StepSeries[]): readonly StepSeries[] {
  const places = new Map(series.map(({ labels }, i) => [labels.key, i]))
  const place = ({ labels }: StepSeries): number => places.get(labels.key) ?? 0
  return results.toSorted((a, b) => place(a) - place(b))
}
