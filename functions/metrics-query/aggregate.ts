// The rules of aggregates: which series are summed up together, and how much of an answer is too much.
import type { TenantPrincipal } from '@penstock/shared/principal.ts'
import { invalid, Problem, type ProblemKind } from '@penstock/shared/problem.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import {
  type Aggregate,
  type AggregateQuery,
  ambiguousUnit,
  answerTooLarge,
  type Bucket,
  type Interval,
  tooManyBuckets,
} from './contract.ts'
import { type QueryDeps, toFilter } from './handler.ts'
import { toWire } from './json.ts'
import type { QueryLimits } from './limits.ts'
import { selectWatermark } from './month-queries.ts'
import { findSummableSeries, type SummableSeries } from './queries.ts'
import { cutSpans, type Spans, sourceOf } from './spans.ts'
import { readSteadily } from './steady-months.ts'
import { type BucketWidth, type Reading, type SumRow, sumHours, sumPoints, unitsOfSeries } from './sum-queries.ts'

const NAMED_UNITS = 10

const underAnHour: readonly Interval[] = ['minute', '5m', '15m']

const canUseRollups = ({ interval, percentiles }: AggregateQuery): boolean =>
  !underAnHour.includes(interval) && percentiles === undefined

const widths: Readonly<Record<Interval, BucketWidth>> = {
  minute: '1 minute',
  '5m': '5 minutes',
  '15m': '15 minutes',
  hour: '1 hour',
  day: '1 day',
  week: '7 days',
  month: '1 month',
}

export interface Aggregated {
  /** JSON of an Aggregate. */
  readonly text: string
  /** What it was read from, for the header `Penstock-Source`. */
  readonly source: string
}

/**
 * Count, sum, mean, minimum and maximum of the points of a range per UTC bucket, both ends inside; with the group and percentiles
 * where they are asked for. As of one instant, and never stale: where roll-ups do not hold, points are added up.
 * @throws {Problem} 422 `ambiguous_unit` when points of several units meet, `too_many_buckets`, `answer_too_large`.
 */
export async function aggregate(
  deps: QueryDeps,
  { tenant }: TenantPrincipal,
  query: AggregateQuery,
): Promise<Aggregated> {
  const range = { from: query.start_time.at, to: query.end_time.at }
  const { spans, data } = await deps.db.inTenant(
    tenant.id,
    async (tx) =>
      await readSteadily(tx, range, async (away) => {
        const watermark = await selectWatermark(tx)
        const byHours = canUseRollups(query)
        const spans = cutSpans({ ...range, byHours, watermark, awayMonths: away.map(({ month }) => month) })
        return { spans, data: await summarise(tx, deps.limits, tenant.id, query, spans) }
      }),
    { readOnly: true },
  )
  const answer: Aggregate = {
    service_name: query.service_name,
    metric_type: query.metric_type,
    interval: query.interval,
    start_time: query.start_time.sent,
    end_time: query.end_time.sent,
    data,
  }
  const text = JSON.stringify(answer)
  if (Buffer.byteLength(text) <= deps.limits.answerBytes) return { text, source: sourceOf(spans) }
  throw refused(answerTooLarge, '?group_by', `the answer would have more than ${deps.limits.answerBytes} bytes`)
}

async function summarise(
  tx: Transaction<Database>,
  limits: QueryLimits,
  tenantId: number,
  query: AggregateQuery,
  spans: Spans,
): Promise<readonly Bucket[]> {
  const reading = { tenantId, ...spans }
  const matching = await findSummableSeries(tx, toFilter(tenantId, query), query.group_by, limits.summedSeries + 1)
  if (matching.length > limits.summedSeries) {
    throw refused(invalid, '?service_name', `more than ${limits.summedSeries} series match`)
  }
  const series = await ofOneUnit(tx, matching, reading)
  if (series.length === 0) return []

  const names = [...new Set(series.map((one) => one.group))].sort(nullLast)
  const numbers = new Map(names.map((name, number) => [name, number]))
  const sum = canUseRollups(query) ? sumHours : sumPoints
  const rows = await sum(tx, {
    ...reading,
    ids: series.map((one) => one.id),
    groups: names.length === 1 ? null : series.map((one) => numbers.get(one.group) ?? 0),
    width: widths[query.interval],
    fractions: (query.percentiles ?? []).map((percentile) => Number(percentile) / 100),
    limit: limits.buckets + 1,
  })
  if (rows.length > limits.buckets) {
    throw refused(tooManyBuckets, '?interval', `buckets times groups are more than ${limits.buckets}`)
  }
  return rows.map((row) => toBucket(row, query, names))
}

/** The series of the one unit that the points of the range have. A unit without points there makes nothing ambiguous. */
async function ofOneUnit(
  tx: Transaction<Database>,
  series: readonly SummableSeries[],
  reading: Reading,
): Promise<readonly SummableSeries[]> {
  if (new Set(series.map((one) => one.unit)).size < 2) return series
  const units = await unitsOfSeries(tx, series, reading)
  if (units.length > 1) {
    const named = units.slice(0, NAMED_UNITS).map((unit) => JSON.stringify(unit))
    const more = units.length > NAMED_UNITS ? ` and ${units.length - NAMED_UNITS} more` : ''
    const detail = `must be given: the points have the units ${named.join(', ')}${more}`
    throw new Problem(ambiguousUnit, `unit ${detail}`, { errors: [{ pointer: '?unit', detail }] })
  }
  return series.filter((one) => one.unit === units[0])
}

/** As PostgreSQL's `order by` does it in the locale C. */
function nullLast(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const refused = (kind: ProblemKind, pointer: string, what: string): Problem => {
  const way = 'choose a longer interval or a shorter range, or narrow it by unit= and labels.<name>='
  return new Problem(kind, `${what}: ${way}`, { errors: [{ pointer, detail: `${what}: ${way}` }] })
}

function toBucket(row: SumRow, query: AggregateQuery, groups: readonly (string | null)[]): Bucket {
  const { group_by, percentiles } = query
  return {
    timestamp: toWire(row.bucket),
    ...(group_by === undefined ? {} : { group: groups[row.group_no] ?? null }),
    avg_value: row.total / row.count,
    min_value: row.low,
    max_value: row.high,
    count: row.count,
    sum_value: row.total,
    ...(percentiles === undefined ? {} : { percentiles: percentilesOf(row, percentiles) }),
  }
}

const percentilesOf = (row: SumRow, keys: readonly string[]): Record<string, number> =>
  Object.fromEntries(row.percentiles.map((value, at) => [keys[at], value]))
