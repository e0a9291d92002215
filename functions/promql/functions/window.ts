// The windows of range functions, which move along the points of a series.
import { type Grid, type StepSeries, type StoredSeries, stepAt } from '../columns/values.ts'

/** The points in the range of one step: those at the indexes from `from` (inclusive) to `to` (exclusive). There is at least one. */
export interface Window {
  readonly at: Float64Array
  readonly value: Float64Array
  from: number
  to: number
  /** Ends of the range in ms, both included. */
  start: number
  end: number
  /** The time of the step in ms, without `offset` and `@`. */
  step: number
  /** The values of the other arguments at this step. */
  readonly parameters: number[]
  /** The result of the function. */
  result: number
  /** Indexes of points that are lower than the point before, over the whole series. Only some functions set it. */
  drops: readonly number[] | undefined
  /** Position in `drops` of the first index that may still be in a window. */
  nextDrop: number
}

/** Sets the result of a window, and returns false where there is none. */
export type WindowFunction = (window: Window) => boolean

export interface Ranges {
  readonly grid: Grid
  /** Length in ms. */
  readonly range: number
  readonly offset: number
  /** The instant at which all windows end, before the offset; undefined when they follow the steps. */
  readonly fixed: number | undefined
  readonly parameters: readonly Float64Array[]
}

/** Number of points in windows between two pauses for other requests. */
const PIECE_POINTS = 50_000

/** Fills a series with the results of a function over its windows. Pauses regularly for other requests. */
export function* slide(
  target: StepSeries,
  { at, value }: StoredSeries,
  { grid, range, offset, fixed, parameters }: Ranges,
  compute: WindowFunction,
): Generator<void, void, void> {
  const room = parameters.map(() => 0)
  const ends = { from: 0, to: 0, start: 0, end: 0, step: 0 }
  const window: Window = { at, value, ...ends, parameters: room, result: 0, drops: undefined, nextDrop: 0 }
  let work = 0
  for (let i = 0; i < grid.count; i++) {
    window.step = stepAt(grid, i)
    window.end = (fixed ?? window.step) - offset
    window.start = window.end - range
    while (window.from < at.length && (at[window.from] as number) < window.start) window.from++
    while (window.to < at.length && (at[window.to] as number) <= window.end) window.to++
    if (window.to <= window.from) continue
    for (let p = 0; p < room.length; p++) room[p] = parameters[p]?.[i] as number
    if (compute(window)) {
      target.values[i] = window.result
      target.has[i] = 1
    }
    work += window.to - window.from
    if (work < PIECE_POINTS) continue
    work = 0
    yield
  }
}

/** Makes a window function of one that always has a result. */
export const always =
  (compute: (window: Window) => number): WindowFunction =>
  (window) => {
    window.result = compute(window)
    return true
  }
