// Points of one series from two places.
import type { SeriesPoints } from './merge-series.ts'

/** Points of both, sorted and distinct: of equal instants the point of `newer` is left. */
export function overlay(older: SeriesPoints, newer: SeriesPoints): SeriesPoints {
  if (newer.at.length === 0) return older
  if (older.at.length === 0) return newer
  const at = new Float64Array(older.at.length + newer.at.length)
  const value = new Float64Array(at.length)
  let length = 0
  for (let i = 0, j = 0; i < older.at.length || j < newer.at.length; length++) {
    const earlier = older.at[i] ?? Number.POSITIVE_INFINITY
    const later = newer.at[j] ?? Number.POSITIVE_INFINITY
    at[length] = Math.min(earlier, later)
    value[length] = (later <= earlier ? newer.value[j] : older.value[i]) as number
    if (earlier <= later) i++
    if (later <= earlier) j++
  }
  return { at: at.subarray(0, length), value: value.subarray(0, length) }
}

/** Points between two instants, both inside. */
export function pointsBetween({ at, value }: SeriesPoints, from: number, to: number): SeriesPoints {
  const [begin, end] = [placeNotBefore(at, from), placeNotBefore(at, to + 1)]
  return { at: at.subarray(begin, end), value: value.subarray(begin, end) }
}

/** The first place whose instant is not before this one. */
function placeNotBefore(at: Float64Array, instant: number): number {
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] as number) < instant) low = middle + 1
    else high = middle
  }
  return low
}

export const noPointsOfSeries: SeriesPoints = { at: new Float64Array(0), value: new Float64Array(0) }
