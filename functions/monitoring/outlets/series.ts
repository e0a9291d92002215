// Turns the numbers of a sample into series of Cloud Monitoring, and into points.
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { SampleNumber } from './sample.ts'

/** A series with its one point, as Cloud Monitoring takes it. */
export interface CloudSeries {
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  /** The label `job` of the resource: the function. */
  readonly job: string
  readonly value: { readonly int64Value: string } | { readonly doubleValue: number }
}

/** The numbers of the whole suite that have metric types of their own, and whether each one is a count or a measure. */
const DATABASE_TYPES: ReadonlyMap<string, 'count' | 'measure'> = new Map([
  ['connection_pool_size', 'count'],
  ['connection_pool_checked_in', 'count'],
  ['connection_pool_checked_out', 'count'],
  ['connection_pool_overflow', 'count'],
  ['connection_pool_total', 'count'],
  ['query_count', 'count'],
  ['slow_query_count', 'count'],
  ['slow_query_percentage', 'measure'],
  ['average_query_time_ms', 'measure'],
])

/** A type has one kind of value for ever, so a number that may have a fraction is a double even when it has none. */
export const cloudSeriesOf = (numbers: readonly SampleNumber[]): readonly CloudSeries[] =>
  numbers.map(({ service, metric, value, labels = {} }) => {
    const kind = service === 'suite' ? DATABASE_TYPES.get(metric) : undefined
    const prefix = kind === undefined ? 'custom.googleapis.com/penstock' : 'custom.googleapis.com/database'
    return {
      type: `${prefix}/${metric}`,
      labels,
      job: service,
      value: kind === 'count' ? { int64Value: String(Math.round(value)) } : { doubleValue: value },
    }
  })

/** Returns the numbers as points of ingest, all of one instant. */
export const pointsOf = (numbers: readonly SampleNumber[], at: Micros): readonly object[] =>
  numbers.map(({ service, metric, unit, value, labels }) => ({
    service_name: service,
    metric_type: metric,
    metric_value: value,
    unit,
    timestamp: formatTimestamp(at),
    ...(labels ? { labels } : {}),
  }))
