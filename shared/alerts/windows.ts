// Aggregates of a rule's window at an instant, from the points of its series.
import { type Micros, SECOND } from '../base/time.ts'
import type { SeriesPoints } from '../points/merge-series.ts'
import type { AlertRuleCreate } from './rule-schema.ts'
import type { RuleSeries } from './rule-series.ts'

/** The key of a rule as a whole, and of a rule without groups. */
export const WHOLE_RULE = ''

/** Returns the key of a group: a label's text, or null for series without the label. */
const groupKeyOf = (group: string | null): string => (group === null ? '-' : `=${group}`)

/** Returns the label's text of a group's key. */
export const groupOf = (key: string): string | null => (key.startsWith('=') ? key.slice(1) : null)

/** Points of one group in the order of time; of one instant, in the order of the series' ids. */
export type GroupPoints = SeriesPoints

/** Joins the points of a rule's series into groups. A group whose series have no points is there, and empty. */
export function pointsByGroup(
  { group_by }: Pick<AlertRuleCreate, 'group_by'>,
  series: readonly RuleSeries[],
  points: ReadonlyMap<number, SeriesPoints>,
): ReadonlyMap<string, GroupPoints> {
  const keyOf = (one: RuleSeries): string => (group_by === null ? WHOLE_RULE : groupKeyOf(one.group))
  const groups = new Map<string, SeriesPoints[]>(group_by === null ? [[WHOLE_RULE, []]] : [])
  for (const one of series) {
    const of = groups.get(keyOf(one)) ?? []
    groups.set(keyOf(one), of)
    const found = points.get(one.id)
    if (found) of.push(found)
  }
  return new Map([...groups].map(([key, parts]) => [key, inOrder(parts)]))
}

function inOrder(parts: readonly SeriesPoints[]): GroupPoints {
  const [first] = parts
  if (first && parts.length === 1) return first
  const total = parts.reduce((sum, part) => sum + part.at.length, 0)
  const at = new Float64Array(total)
  const value = new Float64Array(total)
  let length = 0
  for (const part of parts) {
    at.set(part.at, length)
    value.set(part.value, length)
    length += part.at.length
  }
  // The sort is stable, so the points of one instant stay in the order of their series.
  const order = Uint32Array.from(at.keys()).sort((a, b) => (at[a] as number) - (at[b] as number))
  return {
    at: Float64Array.from(order, (i) => at[i] as number),
    value: Float64Array.from(order, (i) => value[i] as number),
  }
}

/** Returns the first and the last instant of the points that a rule needs at an instant: the window, and the one before it. */
export function rangeOfWindows(
  {
    threshold_type: type,
    evaluation_window_seconds: seconds,
  }: Pick<AlertRuleCreate, 'threshold_type' | 'evaluation_window_seconds'>,
  at: Micros,
): { readonly from: Micros; readonly to: Micros } {
  return { from: at - (type === 'absolute' ? 1 : 2) * seconds * SECOND + 1, to: at }
}

/**
 * Aggregates the points of (from, to]; null when there are none, and when the result is not finite. The same points give the same
 * bits, wherever they were read.
 */
export function aggregateOf(
  aggregate: AlertRuleCreate['aggregate'],
  { at, value }: GroupPoints,
  from: Micros,
  to: Micros,
): number | null {
  const [begin, end] = [firstAfter(at, from), firstAfter(at, to)]
  if (begin >= end) return null
  if (aggregate === 'count') return end - begin
  if (aggregate === 'last') return value[end - 1] as number
  let result = value[begin] as number
  for (let i = begin + 1; i < end; i++) {
    const next = value[i] as number
    if (aggregate === 'min') result = Math.min(result, next)
    else if (aggregate === 'max') result = Math.max(result, next)
    else result += next
  }
  if (aggregate === 'avg') result /= end - begin
  return Number.isFinite(result) ? result : null
}

/** Returns the place of the first instant after `limit`. */
function firstAfter(at: Float64Array, limit: Micros): number {
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] as number) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
