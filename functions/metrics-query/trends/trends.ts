// The rules of trends: which periods are compared, and what is said of them.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { DAY, formatTimestamp, fromPostgres, HOUR, type Micros } from '@penstock/shared/base/time.ts'
import { ownedText } from '@penstock/shared/http/body-buffer.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import type { Aggregated } from '../aggregate/aggregate.ts'
import { type BucketWidth, bucketOf } from '../aggregate/buckets.ts'
import type { RangeSums, SumAsk } from '../aggregate/sums.ts'
import { type QueryDeps, toFilter } from '../deps.ts'
import { inside, tooManyBuckets } from '../filters-contract.ts'
import { refused, refuseSeveralUnits } from '../refusals.ts'
import { sumTogether } from '../stored-sums.ts'
import type { MetricTrends, TrendEntry, TrendsQuery } from '../trends-contract.ts'
import { type BucketSums, figuresOf, meanOf, movingAverage, percentageOf, trendOf } from './arithmetic.ts'

const YEAR = 365 * DAY

const widths: Readonly<Record<TrendsQuery['interval'], { readonly width: BucketWidth; readonly length: Micros }>> = {
  hour: { width: '1 hour', length: HOUR },
  day: { width: '1 day', length: DAY },
  week: { width: '7 days', length: 7 * DAY },
}

interface Periods {
  readonly current: TimeRange
  /** Undefined when nothing is compared. */
  readonly previous: TimeRange | undefined
  /** The distance of the two periods. */
  readonly shift: Micros
}

/** Returns the instants of both periods, ends included. No instant of `compare=previous` belongs to both. */
export function periodsOf({ start_time: { at: from }, end_time: { at: to }, compare }: TrendsQuery): Periods {
  const current = { from, to }
  if (compare === 'none') return { current, previous: undefined, shift: 0 }
  const shift = compare === 'year' ? YEAR : to - from
  const end = compare === 'year' ? to - shift : from - 1
  return { current, previous: { from: inside(from - shift), to: inside(end) }, shift }
}

/**
 * Returns what changed since the period before: figures of both periods, the slope, and every bucket with its moving average. Both periods
 * are read from one snapshot, from roll-ups and the archive like an aggregate.
 * @throws {Problem} 422 `ambiguous_unit` when points of both periods have several units, `too_many_buckets`, `archive_too_large`; 503 when
 * the archive is needed and does not answer.
 */
export async function trends(deps: QueryDeps, { tenant }: TenantPrincipal, query: TrendsQuery): Promise<Aggregated> {
  const starts = bucketsOf(query, deps.limits.buckets)
  const { current, previous } = periodsOf(query)
  const hasPrevious = previous !== undefined && previous.from <= previous.to
  const { width } = widths[query.interval]
  const ask = { filter: toFilter(tenant.id, query), groupBy: undefined, width, byHours: true, fractions: [] }
  const asks: readonly SumAsk[] = [current, ...(hasPrevious ? [previous] : [])].map((range) => ({ ...ask, ...range }))
  const sums = await sumTogether(deps, tenant.id, asks)
  refuseSeveralUnits(new Set(sums.flatMap(({ units }) => units)))
  const [now, before] = [bucketSums(sums[0]), bucketSums(sums[1])]
  const sources = new Set(sums.flatMap(({ source }) => (source === '' ? [] : source.split(', '))))
  return { bytes: ownedText(JSON.stringify(describe(query, starts, now, before))), source: [...sources].join(', ') }
}

/** Returns the first instants of all buckets of the range. @throws {Problem} 422 when there are more than `most`. */
function bucketsOf({ start_time, end_time, interval }: TrendsQuery, most: number): readonly Micros[] {
  const { width, length } = widths[interval]
  const first = bucketOf[width](start_time.at)
  const count = (bucketOf[width](end_time.at) - first) / length + 1
  if (count > most) throw refused(tooManyBuckets, '?interval', `the range has more than ${most} buckets`)
  return Array.from({ length: count }, (_, i) => first + i * length)
}

const bucketSums = (sums: RangeSums | undefined): ReadonlyMap<Micros, BucketSums> =>
  new Map(sums?.rows.map((row) => [fromPostgres(row.bucket), row]))

function describe(
  query: TrendsQuery,
  starts: readonly Micros[],
  now: ReadonlyMap<Micros, BucketSums>,
  before: ReadonlyMap<Micros, BucketSums>,
): MetricTrends {
  const { previous, shift } = periodsOf(query)
  const current = figuresOf(now.values())
  const last = previous && {
    ...figuresOf(before.values()),
    start_time: formatTimestamp(previous.from),
    end_time: formatTimestamp(query.compare === 'previous' ? previous.to + 1 : previous.to),
  }
  const means = [...now].map(([at, sums]): [Micros, number] => [at, meanOf(sums)])
  return {
    service_name: query.service_name,
    metric_type: query.metric_type,
    interval: query.interval,
    start_time: query.start_time.sent,
    end_time: query.end_time.sent,
    current,
    previous: last ?? null,
    change: last ? changeOf(current, last) : null,
    trend: trendOf(means, query.end_time.at - query.start_time.at, current.avg_value),
    data: entriesOf(query, starts, now, (at) => before.get(bucketOf[widths[query.interval].width](at - shift))),
  }
}

function changeOf(current: MetricTrends['current'], previous: MetricTrends['current']): MetricTrends['change'] {
  const [now, before] = [current.avg_value, previous.avg_value]
  return {
    avg_absolute: now === null || before === null ? null : now - before,
    avg_percentage: percentageOf(now, before),
    sum_percentage: percentageOf(current.sum_value, previous.sum_value),
    count_percentage: percentageOf(current.count, previous.count),
  }
}

function entriesOf(
  { moving_average }: TrendsQuery,
  starts: readonly Micros[],
  now: ReadonlyMap<Micros, BucketSums>,
  previousOf: (at: Micros) => BucketSums | undefined,
): readonly TrendEntry[] {
  const averages = movingAverage(
    starts.map((at) => now.get(at)),
    moving_average,
  )
  return starts.map((at, i) => {
    const [sums, last] = [now.get(at), previousOf(at)]
    const [value, before] = [sums ? meanOf(sums) : null, last ? meanOf(last) : null]
    return {
      timestamp: formatTimestamp(at),
      avg_value: value,
      count: sums?.count ?? 0,
      moving_average: averages[i] ?? null,
      previous_value: before,
      change_percentage: percentageOf(value, before),
    }
  })
}
