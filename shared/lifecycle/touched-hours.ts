// Roll-ups of the hours that points of the log touch, computed from a month's content while it passes.
import type { MetricRun } from '../archive/metric-runs.ts'
import { HOUR, type Micros } from '../base/time.ts'
import type { HourRows } from '../points/merge-series.ts'
import type { SeriesName } from '../points/series-queries.ts'
import { hoursOf, type LoggedSeries } from './logged-points.ts'

export interface TouchedHours {
  /** Runs come in the archive's order: points of an hour are added in order of time. */
  add(run: MetricRun): void
  readonly rows: HourRows
}

const nameKey = ({ service, type, unit, labels }: SeriesName): string => JSON.stringify([service, type, unit, labels])

/** Rolls up the hours that have points of these series in the log. */
export function openTouchedHours(logged: readonly LoggedSeries[]): TouchedHours {
  const touched = new Map(logged.map(({ id, name, points }) => [nameKey(name), { id, hours: hoursOf(points) }]))
  const rows: HourRows = { series: [], bucket: [], count: [], sum: [], min: [], max: [] }
  return {
    rows,
    add({ series, at, value }) {
      const found = at.length === 0 ? undefined : touched.get(nameKey(series))
      if (!found) return
      const [first, last] = [at[0] as number, at[at.length - 1] as number]
      let place = 0
      for (const hour of found.hours) {
        if (hour + HOUR <= first) continue
        if (hour > last) break
        while (place < at.length && (at[place] as number) < hour) place++
        const row = rowOf(rows, found.id, hour)
        for (; place < at.length && (at[place] as number) < hour + HOUR; place++)
          addTo(rows, row, value[place] as number)
      }
    },
  }
}

/** The last row where it is of this hour, as when a run ends within it; else a new one. */
function rowOf(rows: HourRows, series: number, bucket: Micros): number {
  const last = rows.series.length - 1
  if (rows.series[last] === series && rows.bucket[last] === bucket) return last
  rows.series.push(series)
  rows.bucket.push(bucket)
  rows.count.push(0)
  rows.sum.push(0)
  rows.min.push(Number.POSITIVE_INFINITY)
  rows.max.push(Number.NEGATIVE_INFINITY)
  return last + 1
}

function addTo(rows: HourRows, row: number, value: number): void {
  rows.count[row] = (rows.count[row] as number) + 1
  rows.sum[row] = (rows.sum[row] as number) + value
  rows.min[row] = Math.min(rows.min[row] as number, value)
  rows.max[row] = Math.max(rows.max[row] as number, value)
}
