// Functions of counters and of differences: how fast and how often a value changes.
import { always, type Window, type WindowFunction } from './window.ts'

export const rates: readonly (readonly [name: string, compute: WindowFunction])[] = [
  ['rate', (window) => extrapolate(window, { isCounter: true, perSecond: true })],
  ['increase', (window) => extrapolate(window, { isCounter: true, perSecond: false })],
  ['delta', (window) => extrapolate(window, { isCounter: false, perSecond: false })],
  ['irate', (window) => lastDifference(window, true)],
  ['idelta', (window) => lastDifference(window, false)],
  ['changes', always((window) => countSteps(window, isChange))],
  ['resets', always((window) => countSteps(window, (before, after) => after < before))],
]

interface Kind {
  /** True for a counter: when its value falls, it has started again at 0. */
  readonly isCounter: boolean
  readonly perSecond: boolean
}

/** Maximum distance of the nearest sample from an end of the range, in average intervals. A more distant end is not extrapolated to. */
const EXPECTED = 1.1

/** Returns the difference over the range, extrapolated from the points in it to the ends of the range. */
function extrapolate(window: Window, { isCounter, perSecond }: Kind): boolean {
  const { at, value, from, to } = window
  if (to - from < 2) return false
  const [firstAt, lastAt] = [at[from] as number, at[to - 1] as number]
  const first = value[from] as number
  let difference = (value[to - 1] as number) - first
  if (isCounter) difference += lostByResets(window)
  let toStart = (firstAt - window.start) / 1_000
  const toEnd = (window.end - lastAt) / 1_000
  const sampled = (lastAt - firstAt) / 1_000
  const interval = sampled / (to - from - 1)
  // A counter is never negative, so it is not extrapolated to before it was 0.
  if (isCounter && difference > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / difference))
  const threshold = interval * EXPECTED
  let extended = sampled
  extended += toStart < threshold ? toStart : interval / 2
  extended += toEnd < threshold ? toEnd : interval / 2
  const factor = extended / sampled
  window.result = difference * (perSecond ? factor / ((window.end - window.start) / 1_000) : factor)
  return true
}

/**
 * Returns the sum of the values that a counter had before each of its resets in the window. Windows move forward, and so does the list of
 * resets.
 */
function lostByResets(window: Window): number {
  const { value, from, to } = window
  const drops = (window.drops ??= dropsOf(value))
  while (window.nextDrop < drops.length && (drops[window.nextDrop] as number) <= from) window.nextDrop++
  let lost = 0
  for (let i = window.nextDrop; i < drops.length; i++) {
    const at = drops[i] as number
    if (at >= to) break
    lost += value[at - 1] as number
  }
  return lost
}

function dropsOf(value: Float64Array): readonly number[] {
  const drops: number[] = []
  for (let i = 1; i < value.length; i++) if ((value[i] as number) < (value[i - 1] as number)) drops.push(i)
  return drops
}

function lastDifference(window: Window, isRate: boolean): boolean {
  const { at, value, from, to } = window
  if (to - from < 2) return false
  const [before, last] = [value[to - 2] as number, value[to - 1] as number]
  const passed = (at[to - 1] as number) - (at[to - 2] as number)
  const difference = isRate && last < before ? last : last - before
  window.result = isRate ? difference / (passed / 1_000) : difference
  return true
}

const isChange = (before: number, after: number): boolean =>
  before !== after && !(Number.isNaN(before) && Number.isNaN(after))

function countSteps({ value, from, to }: Window, counts: (before: number, after: number) => boolean): number {
  let count = 0
  for (let i = from + 1; i < to; i++) if (counts(value[i - 1] as number, value[i] as number)) count++
  return count
}
