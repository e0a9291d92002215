// Merges older points of a series with newer ones.
import type { SeriesPoints } from '../points/merge-series.ts'

/** Returns the points of both, sorted and distinct: of equal times, the point of `newer` remains. */
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

/** Returns the points of parts that follow one another. */
export function joinParts(parts: readonly SeriesPoints[]): SeriesPoints {
  const [only] = parts
  if (only && parts.length === 1) return only
  const length = parts.reduce((sum, { at }) => sum + at.length, 0)
  const joined = { at: new Float64Array(length), value: new Float64Array(length) }
  let place = 0
  for (const { at, value } of parts) {
    joined.at.set(at, place)
    joined.value.set(value, place)
    place += at.length
  }
  return joined
}

/** Returns the points between two instants, both included. */
export function pointsBetween({ at, value }: SeriesPoints, from: number, to: number): SeriesPoints {
  const [begin, end] = [placeNotBefore(at, from), placeNotBefore(at, to + 1)]
  return { at: at.subarray(begin, end), value: value.subarray(begin, end) }
}

/** Returns the first index whose time is not before `instant`. */
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
