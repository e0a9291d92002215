// Reads from the URL what the explorer shows.
import type { MetricSeries } from '@penstock/client/api.ts'
import type { Query } from '../../base/view.ts'

export interface Choice {
  readonly service: string
  readonly metric: string
  /** Undefined when the URL names none. */
  readonly unit: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** In ms since 1970; undefined for the span of the points. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** The label whose values have a line each. */
  readonly split: string
  /** Points of the moving average; 1 for none. */
  readonly smooth: number
  readonly isCompared: boolean
  readonly isTable: boolean
}

const LABEL = 'label.'

/** The parameter of a label's filter. */
export const labelParameter = (name: string): string => LABEL + name

/** Reads the choice from the parameters of the view. Values that make no sense are as if absent. */
export function readChoice(query: Query): Choice {
  const labels = Object.entries(query).filter(([name]) => name.startsWith(LABEL))
  return {
    service: query['service'] ?? '',
    metric: query['metric'] ?? '',
    unit: query['unit'],
    labels: Object.fromEntries(labels.map(([name, value]) => [name.slice(LABEL.length), value])),
    from: instant(query['from']),
    to: instant(query['to']),
    split: query['split'] ?? '',
    smooth: Math.min(Math.max(Math.trunc(Number(query['smooth'] ?? 1)) || 1, 1), 1_000),
    isCompared: query['compare'] === '1',
    isTable: query['show'] === 'table',
  }
}

function instant(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

/** Returns the series of a service that the rest of the choice leaves. */
export const chosenSeries = (
  series: readonly MetricSeries[],
  { metric, unit, labels }: Choice,
): readonly MetricSeries[] =>
  series.filter(
    (one) =>
      one.metric_type === metric &&
      (unit === undefined || one.unit === unit) &&
      Object.entries(labels).every(([name, value]) => labelText(one.metric_metadata?.[name]) === value),
  )

/** A label's value as a filter compares it: a text as it is, anything else as JSON. */
export const labelText = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)

export interface LabelCounts {
  readonly name: string
  /** Values with the number of their series, the most frequent first. */
  readonly values: readonly (readonly [value: string, series: number])[]
}

/** Counts the labels of series. */
export function labelCounts(series: readonly MetricSeries[]): readonly LabelCounts[] {
  const counts = new Map<string, Map<string, number>>()
  for (const { metric_metadata } of series) {
    for (const [name, value] of Object.entries(metric_metadata ?? {})) {
      const values = counts.get(name) ?? new Map<string, number>()
      const text = labelText(value) ?? ''
      counts.set(name, values.set(text, (values.get(text) ?? 0) + 1))
    }
  }
  return [...counts]
    .map(([name, values]) => ({ name, values: [...values].toSorted(([, a], [, b]) => b - a) }))
    .toSorted((a, b) => a.values.length - b.values.length || (a.name < b.name ? -1 : 1))
}

export interface Span {
  /** In ms since 1970. */
  readonly from: number
  readonly to: number
}

const DAY_MS = 86_400_000
/** The span that is shown first is at most this long, and ends with the last point. */
const FIRST_SPAN_MS = 7 * DAY_MS

/** The first and the last instant of the points of some series; undefined when they have none. */
export function spanOf(series: readonly MetricSeries[]): Span | undefined {
  const first = series.flatMap(({ first_timestamp }) => (first_timestamp === null ? [] : [Date.parse(first_timestamp)]))
  const last = series.flatMap(({ last_timestamp }) => (last_timestamp === null ? [] : [Date.parse(last_timestamp)]))
  if (first.length === 0 || last.length === 0) return undefined
  // Milliseconds are cut off from the timestamps, so the last point is within one more.
  return { from: Math.min(...first), to: Math.max(...last) + 1 }
}

/** The span to show: the chosen one, or else where the points are. */
export function shownSpan({ from, to }: Choice, points: Span | undefined): Span | undefined {
  if (from !== undefined && to !== undefined && from < to) return { from, to }
  if (!points) return undefined
  const room = Math.max((points.to - points.from) * 0.01, 500)
  return { from: Math.max(points.from - room, points.to - FIRST_SPAN_MS), to: points.to + room }
}
