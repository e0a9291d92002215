// The series that the local Cloud Monitoring has, in memory, and the rules that hold for each of them.
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { invalidArgument } from './api-error.ts'
import { keyOf, type WrittenPoint, type WrittenSeries } from './series-schema.ts'

export interface SeriesStore {
  /** Stores the point of each series that may be stored. @throws {MonitoringError} 400 that names the others. */
  write(series: readonly WrittenSeries[]): void
  /** Stores a point of a series that only Google writes. For tests. */
  plant(series: WrittenSeries): void
  list(wanted: Wanted): readonly ListedSeries[]
}

/** Conditions on a series, and the interval of its points in microseconds. */
export interface Wanted {
  readonly type: string
  readonly metricLabels: Readonly<Record<string, string>>
  readonly resourceLabels: Readonly<Record<string, string>>
  readonly from: number
  readonly to: number
}

export type ListedSeries = Omit<WrittenSeries, 'points'> & { readonly points: readonly WrittenPoint[] }

interface StoredSeries {
  readonly series: WrittenSeries
  /** Newest first. */
  points: readonly { readonly at: number; readonly point: WrittenPoint }[]
}

const SECOND = 1_000_000
const PERIOD = 5 * SECOND
const AHEAD = 5 * 60 * SECOND
const BACK = 25 * 3_600 * SECOND
/** Points of a series that are retained: a day of minutes. */
const RETAINED = 1_440
const MOST_STORED = 5_000

/** Makes an empty store. */
export function openSeriesStore(clock: () => number): SeriesStore {
  const stored = new Map<string, StoredSeries>()
  /** The kind of value that a type got with its first point. */
  const valueTypes = new Map<string, string>()

  const add = (series: WrittenSeries, at: number): void => {
    const [point] = series.points
    if (!point) return
    const key = keyOf(series)
    const points = [{ at, point }, ...(stored.get(key)?.points ?? [])].slice(0, RETAINED)
    stored.set(key, { series, points })
    valueTypes.set(series.metric.type, kindOf(series))
  }
  return {
    write(series) {
      const refused = new Map<string, number[]>()
      for (const [i, one] of series.entries()) {
        const why = refusal(one, { clock, stored, valueTypes })
        if (why === undefined) add(one, endOf(one) ?? 0)
        else refused.set(why, [...(refused.get(why) ?? []), i])
      }
      if (refused.size > 0) throw partlyRefused(refused, series.length)
    },
    plant: (series) => add(series, endOf(series) ?? 0),
    list: ({ type, metricLabels, resourceLabels, from, to }) =>
      [...stored.values()].flatMap(({ series, points }) => {
        const within = points.filter(({ at }) => at > from && at <= to).map(({ point }) => point)
        const matches =
          series.metric.type === type &&
          isWithin(metricLabels, series.metric.labels) &&
          isWithin(resourceLabels, series.resource.labels)
        return matches && within.length > 0
          ? [{ ...series, metricKind: 'GAUGE' as const, valueType: kindOf(series), points: within }]
          : []
      }),
  }
}

interface Known {
  readonly clock: () => number
  readonly stored: ReadonlyMap<string, StoredSeries>
  readonly valueTypes: ReadonlyMap<string, string>
}

/** Returns why a point may not be stored; undefined when it may. */
function refusal(series: WrittenSeries, { clock, stored, valueTypes }: Known): string | undefined {
  const at = endOf(series)
  if (at === undefined) return 'Invalid end time: it must be an RFC 3339 timestamp.'
  const known = valueTypes.get(series.metric.type)
  if (known !== undefined && known !== kindOf(series))
    return `Value type for metric ${series.metric.type} must be ${known}, but is ${kindOf(series)}.`
  const now = clock() * 1_000
  if (at > now + AHEAD) return 'The end time of the interval is more than 5 minutes in the future.'
  if (at < now - BACK) return 'Data points cannot be written more than 25h in the past.'
  const last = stored.get(keyOf(series))?.points[0]?.at
  if (last === undefined)
    return stored.size >= MOST_STORED ? 'The local service has as many series as it may.' : undefined
  if (at <= last)
    return 'Points must be written in order. One or more of the points specified had an older end time than the most recent point.'
  if (at - last < PERIOD)
    return 'One or more points were written more frequently than the maximum sampling period configured for the metric.'
  return undefined
}

/** Makes the error that names the refused series. The others are stored. */
function partlyRefused(refused: ReadonlyMap<string, readonly number[]>, total: number) {
  const count = [...refused.values()].reduce((all, list) => all + list.length, 0)
  const reasons = [...refused].map(([why, list]) => `${why}: timeSeries[${list.join(',')}]`)
  const summary = {
    '@type': 'type.googleapis.com/google.monitoring.v3.CreateTimeSeriesSummary',
    totalPointCount: total,
    ...(total > count ? { successPointCount: total - count } : {}),
    errors: [...refused.values()].map((list) => ({ status: { code: 3 }, pointCount: list.length })),
  }
  return invalidArgument(`One or more TimeSeries could not be written: ${reasons.join('; ')}`, [summary])
}

const endOf = ({ points }: WrittenSeries): number | undefined => parseTimestamp(points[0]?.interval.endTime ?? '')

function kindOf({ points }: WrittenSeries): 'DOUBLE' | 'INT64' | 'BOOL' | 'STRING' {
  const value = points[0]?.value
  if (value?.doubleValue !== undefined) return 'DOUBLE'
  if (value?.int64Value !== undefined) return 'INT64'
  return value?.boolValue !== undefined ? 'BOOL' : 'STRING'
}

const isWithin = (wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value)
