// Lines that have only strings, which are not stored.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import type { Collector, Decoded, JudgedLabels } from './collector.ts'

/** A line with only strings. */
export interface StringLine {
  readonly index: number
  readonly strings: number
  readonly series: { readonly service: string; readonly labels: JudgedLabels }
  readonly at: Micros | undefined
}

/** Lines or points that are handled in one piece. They take a few milliseconds. */
const AT_ONCE = 5_000

/** Ignores a line with only strings when another line gives its point a number, and refuses it otherwise. */
export function* settleStrings(lines: readonly StringLine[], collector: Collector): Pieces<Decoded> {
  if (lines.length === 0) return collector.decoded()
  const pointOf = (service: string, labels: string | undefined, at: number) => `${service}\0${labels}\0${at}`
  const { name, at: instants, length, series: named } = collector.points
  const withNumbers = new Set<string>()
  for (let i = 0; i < length; i++) {
    const one = named[name[i] as number]
    if (one) withNumbers.add(pointOf(one.service, one.labels, instants[i] as number))
    if (i % AT_ONCE === AT_ONCE - 1) yield
  }
  for (const [i, { index, strings, series, at }] of lines.entries()) {
    const isBesideNumbers = at !== undefined && withNumbers.has(pointOf(series.service, series.labels.canonical, at))
    if (!isBesideNumbers)
      collector.refuse(index, 'invalid', 'the line', 'has only string fields, and strings are not stored')
    else for (let ignored = 0; ignored < strings; ignored++) collector.ignore()
    if (i % AT_ONCE === AT_ONCE - 1) yield
  }
  const decoded = collector.decoded()
  return { ...decoded, rejections: decoded.rejections.toSorted((a, b) => a.index - b.index) }
}
