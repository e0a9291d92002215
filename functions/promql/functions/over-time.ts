// Functions `*_over_time`: statistics of the points in a range.
import { quantileOf } from '../columns/quantiles.ts'
import { add, emptySum, totalOf } from './kahan.ts'
import { always, type Window, type WindowFunction } from './window.ts'

export const overTime: readonly (readonly [name: string, compute: WindowFunction])[] = [
  ['avg_over_time', always(mean)],
  ['sum_over_time', always(sum)],
  ['count_over_time', always(({ from, to }) => to - from)],
  ['present_over_time', always(() => 1)],
  ['absent_over_time', always(() => 1)],
  ['last_over_time', always(({ value, to }) => value[to - 1] as number)],
  ['min_over_time', always((window) => extreme(window, -1))],
  ['max_over_time', always((window) => extreme(window, 1))],
  ['stdvar_over_time', always(variance)],
  ['stddev_over_time', always((window) => Math.sqrt(variance(window)))],
  [
    'quantile_over_time',
    always(({ value, from, to, parameters }) => quantileOf(parameters[0] as number, value.slice(from, to))),
  ],
]

function sum({ value, from, to }: Window): number {
  const total = emptySum()
  for (let i = from; i < to; i++) add(total, value[i] as number)
  return Math.abs(total.total) === Number.POSITIVE_INFINITY ? total.total : totalOf(total)
}

/** Updates the mean by each value, so that no sum overflows. An infinite mean stays. */
function mean({ value, from, to }: Window): number {
  const current = emptySum()
  let count = 0
  for (let i = from; i < to; i++) {
    const next = value[i] as number
    count++
    const isInfinite = Math.abs(current.total) === Number.POSITIVE_INFINITY
    if (isInfinite && (next === current.total || Number.isFinite(next))) continue
    add(current, next / count - current.total / count)
  }
  return Math.abs(current.total) === Number.POSITIVE_INFINITY ? current.total : totalOf(current)
}

function extreme({ value, from, to }: Window, sign: 1 | -1): number {
  let best = value[from] as number
  for (let i = from; i < to; i++) {
    const next = value[i] as number
    if (sign * next > sign * best || Number.isNaN(best)) best = next
  }
  return best
}

function variance({ value, from, to }: Window): number {
  const average = emptySum()
  const squares = emptySum()
  for (let i = from; i < to; i++) {
    const difference = (value[i] as number) - totalOf(average)
    add(average, difference / (i - from + 1))
    add(squares, difference * ((value[i] as number) - totalOf(average)))
  }
  return totalOf(squares) / (to - from)
}
