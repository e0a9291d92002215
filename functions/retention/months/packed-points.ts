// Decodes a month's points from the columns that PostgreSQL sends, as runs of their series.

import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { float8s, instants, int4s, type PackedPoints } from '@penstock/shared/points/binary-columns.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import type { SeriesPlan } from './month-point-queries.ts'

export type Points = Pick<MetricRun, 'at' | 'value'>

/**
 * Groups unordered points of several series by series; within one the received order is unchanged.
 * @throws {Error} when a series has more points than the plan says.
 */
export function unpackSeries(packed: PackedPoints | undefined, plan: readonly SeriesPlan[]): Map<number, Points> {
  const found = new Map(
    plan.map(({ id, points }) => [id, { at: new Float64Array(points), value: new Float64Array(points), rows: 0 }]),
  )
  const [series, at, value] = [int4s(packed?.series), instants(packed?.at), float8s(packed?.value)]
  for (let i = 0; i < series.length; i++) {
    const of = found.get(series[i] ?? 0)
    if (!of || of.rows === of.at.length) throw new Error('the month changed while it was archived')
    of.at[of.rows] = at[i] ?? 0
    of.value[of.rows++] = value[i] ?? 0
  }
  return new Map(
    [...found].map(([id, of]) => [id, { at: of.at.subarray(0, of.rows), value: of.value.subarray(0, of.rows) }]),
  )
}

/** Returns a series' points as a run, oldest first. They mostly arrive in order, because that is the order of the table. */
export function sortedRun(series: SeriesName, { at, value }: Points): MetricRun {
  let sorted = true
  for (let i = 1; sorted && i < at.length; i++) sorted = (at[i - 1] ?? 0) < (at[i] ?? 0)
  if (sorted) return { series, at, value }
  const order = Uint32Array.from(at, (_, i) => i).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0))
  return {
    series,
    at: Float64Array.from(order, (i) => at[i] ?? 0),
    value: Float64Array.from(order, (i) => value[i] ?? 0),
  }
}
