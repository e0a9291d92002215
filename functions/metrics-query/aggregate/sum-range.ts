// Sums a range from roll-ups, points and archive, and reads each part from its location.

import { archiveTooLarge, invalid } from '@penstock/shared/base/problem.ts'
import { instantOfMark, selectWatermark } from '@penstock/shared/months/month-queries.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import type { ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import { archivedIn, type ObjectSpan } from '@penstock/shared/reading/archive-spans.ts'
import { pointsDuring } from '@penstock/shared/reading/live-points.ts'
import type { AwayMonth } from '@penstock/shared/reading/month-queries.ts'
import { readAcross, readSteadily } from '@penstock/shared/reading/steady-months.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { tooManyBuckets } from '../contract.ts'
import type { QueryLimits } from '../limits.ts'
import { nameSeries } from '../months/archive-series.ts'
import { readPoints } from '../months/points.ts'
import { cutSpans, type Span, type Spans, sourceOf } from '../months/spans.ts'
import { findSummableSeries, type SummableSeries } from '../queries.ts'
import { refused, refuseSeveralUnits } from '../refusals.ts'
import { sumStored } from '../stored-sums.ts'
import { addPoints, cutMixedWeeks, mergeSums, sumArchived } from './archive-aggregate.ts'
import { beginSums } from './archive-sums.ts'
import { type SumRow, sumHours, sumPoints, unitsOfSeries } from './sum-queries.ts'
import type { RangeSums, SumAsk, SumDeps } from './sums.ts'

/**
 * Sums the points of a range. The result is from one instant and never stale: where roll-ups are not valid, points are summed.
 * @throws {Problem} 422 when points have several units, when there are too many buckets or series, or when too much of the archive would
 * have to be read; 503 when it does not answer.
 */
export async function sumRange(deps: SumDeps, ask: SumAsk): Promise<RangeSums> {
  if (await isLogStore(deps.db)) return await sumStored(deps, ask)
  const range = { tenantId: ask.filter.tenantId, from: ask.from, to: ask.to }
  const sums = await deps.db.read(range.tenantId, (tx) =>
    readSteadily(tx, range, async (away) => {
      const plan = await planSums(tx, deps.limits, ask, away)
      if (plan.archived.length > 0) return undefined
      const { rows } = await sumDatabase(tx, deps.limits, plan)
      return { rows, groups: plan.groups, source: sourceOf(plan.spans, []) }
    }),
  )
  if (sums) return sums
  return await readAcross(deps, range, async (archive, away) => await sumAcross(deps, archive, ask, away))
}

interface SumPlan extends SumAsk {
  readonly spans: Spans
  readonly archived: readonly ObjectSpan[]
  /** Weeks that are partly archived; percentiles need their points. */
  readonly mixed: readonly Span[]
  readonly series: readonly SummableSeries[]
  readonly groups: readonly (string | null)[]
  /** Number of the group of each series, by series id. */
  readonly groupOf: ReadonlyMap<number, number>
}

async function planSums(
  tx: Transaction<Database>,
  limits: QueryLimits,
  ask: SumAsk,
  away: readonly AwayMonth[],
): Promise<SumPlan> {
  const watermark = instantOfMark(await selectWatermark(tx))
  const spans = cutSpans({ from: ask.from, to: ask.to, byHours: ask.byHours, watermark, awayMonths: away })
  const archived = spans.away.flatMap(({ from, to }) => archivedIn(away, from, to))
  const areMixed = ask.width === '7 days' && ask.fractions.length > 0
  const { rest, mixed } = areMixed ? cutMixedWeeks(spans.points, archived) : { rest: spans.points, mixed: [] }
  const series = await findSummableSeries(tx, ask.filter, ask.groupBy, limits.summedSeries + 1)
  if (series.length > limits.summedSeries)
    throw refused(invalid, '?service_name', `more than ${limits.summedSeries} series match`)
  const groups = [...new Set(series.map((one) => one.group))].sort(nullLast)
  const numbers = new Map(groups.map((group, number) => [group, number]))
  const groupOf = new Map(series.map(({ id, group }) => [id, numbers.get(group) ?? 0]))
  return { ...ask, spans: { ...spans, points: rest }, archived, mixed, series, groups, groupOf }
}

/** Compares like PostgreSQL's `order by` in the locale C. */
function nullLast(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

interface DatabaseSums {
  readonly rows: readonly SumRow[]
  /** The units in the database's part of the range; when all series have the same one, it may be missing. */
  readonly units: readonly string[]
  /** The series with the only unit. */
  readonly ids: readonly number[]
}

async function sumDatabase(tx: Transaction<Database>, limits: QueryLimits, plan: SumPlan): Promise<DatabaseSums> {
  const reading = { tenantId: plan.filter.tenantId, ...plan.spans }
  const units = await unitsIn(tx, plan)
  refuseSeveralUnits(units)
  const series = units.length === 0 ? [] : plan.series.filter((one) => one.unit === units[0])
  const ids = series.map((one) => one.id)
  if (ids.length === 0) return { rows: [], units, ids }
  const sum = plan.byHours ? sumHours : sumPoints
  const rows = await sum(tx, {
    ...reading,
    ids,
    groups: plan.groups.length === 1 ? null : ids.map((id) => plan.groupOf.get(id) ?? 0),
    width: plan.width,
    fractions: plan.fractions,
    limit: limits.buckets + 1,
  })
  refuseManyBuckets(limits, rows.length)
  return { rows, units, ids }
}

/** Returns the units of the series in the database's part of the range. A unit without points there causes no ambiguity. */
async function unitsIn(
  tx: Transaction<Database>,
  { filter, series, spans, mixed }: SumPlan,
): Promise<readonly string[]> {
  const units = [...new Set(series.map((one) => one.unit))]
  if (units.length < 2) return units
  const points = [...spans.points, ...mixed]
  return await unitsOfSeries(tx, series, { tenantId: filter.tenantId, ...spans, points })
}

function refuseManyBuckets({ buckets }: QueryLimits, count: number): void {
  if (count > buckets) throw refused(tooManyBuckets, '?interval', `buckets times groups are more than ${buckets}`)
}

async function sumAcross(
  { db, limits }: SumDeps,
  archive: ArchiveRead,
  ask: SumAsk,
  away: readonly AwayMonth[],
): Promise<RangeSums> {
  const { tenantId } = ask.filter
  const { plan, rows, units, mixed, named } = await db.read(tenantId, async (tx) => {
    const plan = await planSums(tx, limits, ask, away)
    const { ids, ...sums } = await sumDatabase(tx, limits, plan)
    const mixed = readPoints(await pointsDuring(tx, { tenantId, ids }, plan.mixed, limits.mixedPoints + 1))
    const all = plan.series.map(({ id }) => id)
    return { plan, mixed, ...sums, named: await nameSeries(tx, tenantId, all, limits.archiveSeries) }
  })
  if (mixed.at.length > limits.mixedPoints)
    throw refused(
      archiveTooLarge,
      '?percentiles',
      `more than ${limits.mixedPoints} points of weeks that are partly archived`,
    )

  const summing = beginSums(plan.width, plan.fractions.length > 0)
  addPoints(summing, mixed, plan.groupOf)
  const { groupOf, fractions, archived } = plan
  const asked = { series: named, groupOf, keepsValues: fractions.length > 0, limit: limits.buckets }
  const seen = await sumArchived(archive, archived, summing, asked)
  refuseManyBuckets(limits, summing.size())
  const seenUnits = plan.series.flatMap(({ id, unit }) => (seen.has(id) ? [unit] : []))
  refuseSeveralUnits(new Set([...units, ...seenUnits]))
  const merged = mergeSums(rows, summing.sums(), fractions)
  refuseManyBuckets(limits, merged.length)
  const points = [...plan.spans.points, ...plan.mixed]
  return { rows: merged, groups: plan.groups, source: sourceOf({ ...plan.spans, points }, archived) }
}
