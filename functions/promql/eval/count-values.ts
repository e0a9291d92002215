// `count_values`: how many series have which value, with the value as a label.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { isLabelName, withLabels } from '../columns/labels.ts'
import { collect, makeSeries, type Run } from '../columns/run.ts'
import type { StepSeries, Value, VectorValue } from '../columns/values.ts'
import type { Aggregation } from '../syntax/ast.ts'
import { formatLong } from '../syntax/format-number.ts'
import { executionError } from '../syntax/query-error.ts'
import { groupLabels } from './series-groups.ts'

/** Counts the series of each value. @throws {QueryError} when the parameter is not the name of a label. */
export function* countValues(
  run: Run,
  { grouping, isWithout }: Aggregation,
  vector: VectorValue,
  parameter: Value | undefined,
): Pieces<VectorValue> {
  const label = parameter?.kind === 'string' ? parameter.text : ''
  if (!isLabelName(label)) throw executionError(`invalid label name "${label}"`)
  const kept = isWithout ? grouping : [...grouping, label]
  const counts = new Map<string, StepSeries>()
  for (const series of vector.series) {
    const labelsOf = (value: number) =>
      groupLabels(withLabels(series.labels, [[label, formatLong(value)]]), kept, isWithout)
    // Values repeat from step to step, so the count of the last one is often that of the next.
    let last: { readonly value: number; readonly count: StepSeries } | undefined
    for (let i = 0; i < series.has.length; i++) {
      if (series.has[i] === 0) continue
      const value = series.values[i] as number
      if (!last || !Object.is(last.value, value)) {
        const labels = labelsOf(value)
        const count = counts.get(labels.key) ?? makeSeries(run, labels, series.has.length)
        counts.set(labels.key, count)
        last = { value, count }
      }
      last.count.has[i] = 1
      last.count.values[i] = (last.count.values[i] as number) + 1
    }
    yield
  }
  return collect(run, [...counts.values()])
}
