// Merges a page of points from the log and chunks with points of the objects under it.

import type { ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import { spanOfObject } from '@penstock/shared/reading/month-objects.ts'
import type { WantedSeries } from '@penstock/shared/reading/named-series.ts'
import { bytesOfWanted } from '@penstock/shared/reading/named-series.ts'
import type { MonthUnder } from '@penstock/shared/reading/object-queries.ts'
import type { Points } from '../months/points.ts'
import { ABOVE_ALL_SERIES, type Place } from '../queries.ts'
import { bytesOfPage, findNewestArchived } from './archive-page.ts'

export interface PageAsk {
  readonly from: number
  readonly after: Place
  /** Number of points of the page, including those that are skipped. */
  readonly count: number
}

/** Returns the objects that can have points of the page, newest first; for a full page, those whose months do not end before its last point. */
export function objectsInReach(objects: readonly MonthUnder[], ask: PageAsk, points: Points): readonly MonthUnder[] {
  const last = points.at.length < ask.count ? Number.NEGATIVE_INFINITY : (points.at.at(-1) ?? 0)
  return objects.filter((object) => spanOfObject(object, { from: ask.from, to: ask.after.ts }).to >= last).toReversed()
}

/** Returns the first points of both in page order; of equal points, the one from the log and chunks. */
export async function addObjects(
  archive: ArchiveRead,
  objects: readonly MonthUnder[],
  series: WantedSeries,
  ask: PageAsk,
  points: Points,
): Promise<Points> {
  await archive.hold(bytesOfPage(ask.count) + bytesOfWanted(series))
  let page = points
  for (const object of objects) {
    if (objectsInReach([object], ask, page).length === 0) continue
    const span = spanOfObject(object, { from: ask.from, to: ask.after.ts })
    const after = ask.after.ts <= span.to ? ask.after : { ts: span.to, seriesId: ABOVE_ALL_SERIES }
    const wanted = { ...series, from: span.from, to: span.to }
    page = mergePages(page, await findNewestArchived(archive, object, wanted, { after, count: ask.count }), ask.count)
  }
  return page
}

/** Returns the first `count` points of two pages in page order; of equal points, the one of `newer`. */
function mergePages(newer: Points, older: Points, count: number): Points {
  const room = Math.min(count, newer.at.length + older.at.length)
  const page = { series: new Int32Array(room), at: new Float64Array(room), value: new Float64Array(room) }
  let length = 0
  for (let i = 0, j = 0; length < room && (i < newer.at.length || j < older.at.length); length++) {
    const order = compareAt(newer, i, older, j)
    const [from, place] = order <= 0 ? [newer, i] : [older, j]
    page.series[length] = from.series[place] as number
    page.at[length] = from.at[place] as number
    page.value[length] = from.value[place] as number
    if (order <= 0) i++
    if (order >= 0) j++
  }
  return {
    series: page.series.subarray(0, length),
    at: page.at.subarray(0, length),
    value: page.value.subarray(0, length),
  }
}

/** Returns a negative number when the place of `a` comes first in page order, or `b` has ended. */
function compareAt(a: Points, i: number, b: Points, j: number): number {
  if (i >= a.at.length) return 1
  if (j >= b.at.length) return -1
  return (b.at[j] as number) - (a.at[i] as number) || (b.series[j] as number) - (a.series[i] as number)
}
