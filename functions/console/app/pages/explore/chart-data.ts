// The lines of a chart: the points themselves where the span is short, averages of intervals where it is long.
import type { MetricColumns } from '@penstock/client/api.ts'
import { call, send } from '../../api/suite.ts'
import { type Line, movingAverage } from '../../charts/line.ts'
import { type Choice, labelText, type Span } from './choice.ts'

export interface Chart {
  readonly lines: readonly Line[]
  /** Says what a point of the chart is: `every point`, `averages of 5 min`. */
  readonly resolution: string
  /** Lines that there are in addition to those that are drawn. */
  readonly hidden: number
  /** The period before was asked for and has no points. */
  readonly isAlone: boolean
}

type Period = Pick<Chart, 'lines' | 'resolution'>

const COLUMNS = 'application/vnd.penstock.columns+json'
const MOST_POINTS = 10_000
/** Spans up to this long are asked for point by point first. */
const POINTS_MS = 6 * 3_600_000
const MOST_BUCKETS = 1_500
const MOST_SHOWN = 8

const INTERVALS = [
  ['minute', 60_000, 'averages of a minute'],
  ['5m', 300_000, 'averages of 5 min'],
  ['15m', 900_000, 'averages of 15 min'],
  ['hour', 3_600_000, 'averages of an hour'],
  ['day', 86_400_000, 'averages of a day'],
] as const

interface Asked {
  readonly span: Span
  /** The span of all points of the chosen series. */
  readonly points: Span
  readonly signal: AbortSignal
}

/** Loads what a choice shows in a span, with the period before where it is compared. */
export async function loadChart(choice: Choice, { span, points, signal }: Asked): Promise<Chart> {
  const length = span.to - span.from
  const before = choice.isCompared
    ? loadPeriod(choice, { points, signal, span: { from: span.from - length, to: span.from } })
    : undefined
  const [now, then] = await Promise.all([loadPeriod(choice, { span, points, signal }), before])
  const lines = now.lines.slice(0, MOST_SHOWN).map((line) => smoothed(line, choice.smooth))
  const faint = lines.flatMap((line, color) => {
    const found = then?.lines.find(({ name }) => name === line.name)
    return found ? [shifted(smoothed(found, choice.smooth), length / 1000, color)] : []
  })
  return {
    lines: [...lines, ...faint],
    resolution: now.resolution,
    hidden: now.lines.length - lines.length,
    isAlone: then !== undefined && faint.length === 0,
  }
}

async function loadPeriod(choice: Choice, asked: Asked): Promise<Period> {
  const { span, signal } = asked
  const points = span.to - span.from <= POINTS_MS && choice.split === '' ? await loadPoints(choice, asked) : undefined
  return points ?? (await loadAverages(choice, span, signal))
}

/** The filters of both operations, which have the same names. */
const filtersOf = ({ service, metric, unit, labels }: Choice, { from, to }: Span) => ({
  service_name: service,
  metric_type: metric,
  unit,
  labels,
  start_time: new Date(from).toISOString(),
  end_time: new Date(to).toISOString(),
})

/** Every point of the span; undefined when one answer cannot hold them. */
async function loadPoints(choice: Choice, { span, points, signal }: Asked): Promise<Period | undefined> {
  const { answer = [], headers } = await send(
    'metrics-query.range',
    { query: { ...filtersOf(choice, span), limit: MOST_POINTS } },
    { accept: COLUMNS, signal },
  )
  if (/rel="?next"?/.test(headers.get('link') ?? '') && !reachesBack(answer, points)) return undefined
  return { lines: answer.map((series) => pointLine(series, answer)), resolution: 'every point' }
}

/** A full page names a next one even where nothing is left. The points of one series are all there when they reach its first one. */
function reachesBack([only, ...others]: readonly MetricColumns[], { from }: Span): boolean {
  const oldest = only?.timestamps.at(-1)
  return others.length === 0 && oldest !== undefined && oldest / 1000 < from + 1
}

function pointLine({ metric_metadata, timestamps, values }: MetricColumns, all: readonly MetricColumns[]): Line {
  // Points come newest first.
  return {
    name: all.length === 1 ? 'value' : distinctLabels(metric_metadata, all),
    times: timestamps.map((us) => us / 1e6).toReversed(),
    values: values.toReversed(),
  }
}

/** The labels of a series that not all series have in common. */
function distinctLabels(labels: MetricColumns['metric_metadata'], all: readonly MetricColumns[]): string {
  const own = Object.entries(labels ?? {}).filter(([name, value]) =>
    all.some(({ metric_metadata }) => labelText(metric_metadata?.[name]) !== labelText(value)),
  )
  return own.length === 0 ? 'no labels' : own.map(([name, value]) => `${name}=${labelText(value)}`).join(', ')
}

async function loadAverages(choice: Choice, span: Span, signal: AbortSignal): Promise<Period> {
  const length = span.to - span.from
  const [interval, , resolution] =
    INTERVALS.find(([, ms]) => length / ms <= MOST_BUCKETS) ?? (['week', 0, 'averages of a week'] as const)
  const { series } = await call(
    'metrics-query.aggregate',
    { query: { ...filtersOf(choice, span), interval, ...(choice.split === '' ? {} : { group_by: choice.split }) } },
    { accept: COLUMNS, signal },
  )
  const lines = series.map(({ group, timestamps, avg_value, min_value, max_value }) => ({
    name: choice.split === '' ? 'average' : `${choice.split}=${group ?? 'none'}`,
    times: timestamps.map((us) => us / 1e6),
    values: avg_value,
    low: min_value,
    high: max_value,
  }))
  return { lines, resolution }
}

function smoothed(line: Line, size: number): Line {
  if (size === 1) return line
  return { name: `${line.name}, mean of ${size}`, times: line.times, values: movingAverage(line.values, size) }
}

const shifted = (line: Line, seconds: number, color: number): Line => ({
  name: `${line.name}, period before`,
  times: line.times.map((time) => time + seconds),
  values: line.values,
  isFaint: true,
  color,
})
