// Prepares points for a statement: sorted by (series, instant), so that concurrent transactions lock rows in the same order, and without
// duplicates, because one statement cannot change a row twice.

import { addMonths, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { PointColumns } from './point-queries.ts'

/** A point of a known series. */
export interface PlacedPoint {
  /** Its index in the request. */
  readonly index: number
  readonly series: number
  /** The block of its series, which is not needed for rows of metric_point. */
  readonly block?: number
  readonly at: Micros
  readonly value: number
}

/** Returns a sorted copy without duplicates: of equal (series, instant), the last one in the given order remains. */
export function sortAndCollapse(points: readonly PlacedPoint[]): PlacedPoint[] {
  // Array.prototype.sort is stable, and cheap on sorted input, which agents usually send.
  const sorted = points.toSorted(byInstant)
  return sorted.filter((point, i) => {
    const next = sorted[i + 1]
    return next === undefined || next.series !== point.series || next.at !== point.at
  })
}

/** Like `sortAndCollapse` over several sorted lists: of equal points, the one of the last list remains. */
export function mergeByInstant(lists: readonly (readonly PlacedPoint[])[]): readonly PlacedPoint[] {
  const filled = lists.filter((list) => list.length > 0)
  return filled.length === 1 ? (filled[0] ?? []) : sortAndCollapse(filled.flat())
}

export function toColumns(points: readonly PlacedPoint[]): PointColumns {
  return {
    series: points.map((point) => point.series),
    at: points.map((point) => point.at),
    value: points.map((point) => point.value),
  }
}

/**
 * Makes a `monthOf` that remembers the last month: neighbouring points usually share it, and a Date for each of 10,000 points is visible
 * in a profile.
 */
export function createMonthFinder(): (at: Micros) => string {
  let begin = 0
  let end = 0
  let month = ''
  return (at) => {
    if (at >= begin && at < end) return month
    month = monthOf(at)
    begin = monthStart(month)
    end = monthStart(addMonths(month, 1))
    return month
  }
}

const byInstant = (a: PlacedPoint, b: PlacedPoint): number => a.series - b.series || a.at - b.at
