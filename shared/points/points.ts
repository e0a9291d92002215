// Points on their way into a statement: sorted by (series, instant), so that concurrent transactions lock rows in one order, and
// without duplicates, since one statement cannot touch a row twice.

import { addMonths, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { PointColumns } from './point-queries.ts'

/** A point of a known series. */
export interface PlacedPoint {
  /** Its place in the request. */
  readonly index: number
  readonly series: number
  /** The block of its series; rows of metric_point do not need it. */
  readonly block?: number
  readonly at: Micros
  readonly value: number
}

/** Sorted copy in which of equal (series, instant) only the last one of the given order is left. */
export function sortAndCollapse(points: readonly PlacedPoint[]): PlacedPoint[] {
  // Array.prototype.sort is stable, and cheap on what is sorted already: what an agent sends is, mostly.
  const sorted = points.toSorted(byInstant)
  return sorted.filter((point, i) => {
    const next = sorted[i + 1]
    return next === undefined || next.series !== point.series || next.at !== point.at
  })
}

/** The same over several sorted lists: of equal points that of the last list is left. */
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

/** `monthOf` that remembers the last month: neighbours mostly share it, and a Date for each of 10,000 points is what shows in a profile. */
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
