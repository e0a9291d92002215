// Groups series by some of their labels.
import { keepOnly, type Labels, leaveOut, withoutName } from '../columns/labels.ts'
import type { StepSeries } from '../columns/values.ts'

export interface SeriesGroup {
  readonly labels: Labels
  readonly series: StepSeries[]
}

export const groupLabels = (labels: Labels, grouping: readonly string[], isWithout: boolean): Labels =>
  isWithout ? leaveOut(withoutName(labels), grouping) : keepOnly(labels, grouping)

export function groupSeries(
  series: readonly StepSeries[],
  labelsOf: (labels: Labels) => Labels,
): readonly SeriesGroup[] {
  const groups = new Map<string, SeriesGroup>()
  for (const one of series) {
    const labels = labelsOf(one.labels)
    const known = groups.get(labels.key) ?? { labels, series: [] }
    groups.set(labels.key, known)
    known.series.push(one)
  }
  return [...groups.values()]
}
