// Functions that fit a line or a trend to the points in a range.

import { fixedDigits } from '../syntax/format-number.ts'
import { executionError } from '../syntax/query-error.ts'
import { add, emptySum, totalOf } from './kahan.ts'
import type { Window, WindowFunction } from './window.ts'

export const regressions: readonly (readonly [name: string, compute: WindowFunction])[] = [
  ['deriv', derivative],
  ['predict_linear', predict],
  ['holt_winters', smooth],
]

function derivative(window: Window): boolean {
  if (window.to - window.from < 2) return false
  window.result = fitLine(window, window.at[window.from] as number).slope
  return true
}

function predict(window: Window): boolean {
  if (window.to - window.from < 2) return false
  const { slope, intercept } = fitLine(window, window.step)
  window.result = slope * (window.parameters[0] as number) + intercept
  return true
}

/** Fits a line by least squares. The intercept is its value at `origin`, in ms; the slope is per second. */
function fitLine(
  { at, value, from, to }: Window,
  origin: number,
): { readonly slope: number; readonly intercept: number } {
  const [x, y, xy, xx] = [emptySum(), emptySum(), emptySum(), emptySum()]
  const first = value[from] as number
  let isConstant = true
  for (let i = from; i < to; i++) {
    const [seconds, current] = [((at[i] as number) - origin) / 1_000, value[i] as number]
    if (current !== first) isConstant = false
    add(x, seconds)
    add(y, current)
    add(xy, seconds * current)
    add(xx, seconds * seconds)
  }
  if (isConstant) {
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN }
  }
  const n = to - from
  const [sumX, sumY] = [totalOf(x), totalOf(y)]
  const slope = (totalOf(xy) - (sumX * sumY) / n) / (totalOf(xx) - (sumX * sumX) / n)
  return { slope, intercept: sumY / n - (slope * sumX) / n }
}

/** Double exponential smoothing with a smoothing factor and a trend factor. */
function smooth(window: Window): boolean {
  const { value, from, to, parameters } = window
  const [smoothing, trendFactor] = [parameters[0] as number, parameters[1] as number]
  refuseFactor('smoothing factor. Expected: 0 < sf < 1', smoothing)
  refuseFactor('trend factor. Expected: 0 < tf < 1', trendFactor)
  if (to - from < 2) return false
  let before = 0
  let current = value[from] as number
  let trend = (value[from + 1] as number) - current
  for (let i = from + 1; i < to; i++) {
    if (i > from + 1) trend = trendFactor * (current - before) + (1 - trendFactor) * trend
    const next = smoothing * (value[i] as number) + (1 - smoothing) * (current + trend)
    before = current
    current = next
  }
  window.result = current
  return true
}

function refuseFactor(rule: string, factor: number): void {
  if (factor <= 0 || factor >= 1) throw executionError(`invalid ${rule}, got: ${fixedDigits(factor)}`)
}
