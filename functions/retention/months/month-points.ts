// Reads a tenant's points of one month from the database, in the archive's order.
//
// The table lies in the order of time, and the archive in that of series. To avoid reading one page for each point, many short series are
// read together in one scan of the month, and sorted here.

import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { MonthRange } from '@penstock/shared/months/month-queries.ts'
import { float8s, instants } from '@penstock/shared/points/binary-columns.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import {
  type SeriesPlan,
  selectPointsAfter,
  selectPointsOfSeries,
  selectSeries,
  selectSeriesPlan,
} from './month-point-queries.ts'
import { sortedRun, unpackSeries } from './packed-points.ts'

export interface MonthPointsDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  /** Called between two reads, to renew the run's lease. */
  readonly renew: () => Promise<void>
  readonly now: Clock
  readonly limits: {
    /** Maximum points in memory at a time. */
    readonly piecePoints: number
    /** Maximum milliseconds of one scan of the month. */
    readonly readMs: number
  }
}

export interface TenantMonth {
  readonly tenantId: number
  readonly range: MonthRange
}

interface NamedSeries extends SeriesPlan {
  readonly series: SeriesName
}

/**
 * Returns every point of a tenant in a month that does not change. Memory holds `piecePoints` points, the ids of the tenant's series, and
 * the labels of those series that differ in nothing else. Safe to repeat: the same points come in the same order.
 * @throws {Error} when the month changed in the meantime, or a series' name does not match its identity.
 */
export async function* monthPoints(deps: MonthPointsDeps, month: TenantMonth): AsyncGenerator<MetricRun, void> {
  let batch: NamedSeries[] = []
  let points = 0
  for await (const named of seriesInOrder(deps, month)) {
    if (points + named.points > deps.limits.piecePoints && batch.length > 0) {
      yield* pointsOf(deps, month, batch)
      batch = []
      points = 0
    }
    if (named.points > deps.limits.piecePoints) yield* longSeries(deps, month, named)
    else {
      batch.push(named)
      points += named.points
    }
  }
  if (batch.length > 0) yield* pointsOf(deps, month, batch)
}

async function read<T>(
  { db, now, limits }: MonthPointsDeps,
  question: (tx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return await db.readAll(question, { deadline: now() + limits.readMs })
}

async function* seriesInOrder(
  deps: MonthPointsDeps,
  { tenantId, range }: TenantMonth,
): AsyncGenerator<NamedSeries, void> {
  const plan = await read(deps, (tx) => selectSeriesPlan(tx, tenantId, range))
  for (let from = 0; from < plan.length; ) {
    let to = Math.min(plan.length, from + MANY_SERIES)
    while (to < plan.length && plan[to]?.place === plan[to - 1]?.place) to++
    yield* await named(deps, plan.slice(from, to))
    from = to
  }
}

/** Names are read for about this many series at a time. */
const MANY_SERIES = 1_000

/** Reads the names of these series, which include all series of each place; sorts by place, then by labels. */
async function named(deps: MonthPointsDeps, plan: readonly SeriesPlan[]): Promise<NamedSeries[]> {
  const rows = await read(deps, (tx) =>
    selectSeries(
      tx,
      plan.map(({ id }) => id),
    ),
  )
  const names = new Map(
    rows.map((row) => {
      const series = {
        service: row.service_name,
        type: row.metric_type,
        unit: row.unit,
        labels: canonicalLabels(row.labels),
      }
      if (seriesIdentity(series) !== row.identity)
        throw new Error(`the name of series ${row.id} does not match its identity`)
      return [row.id, series] as const
    }),
  )
  return plan
    .map((of) => {
      const series = names.get(of.id)
      if (!series) throw new Error(`series ${of.id} no longer exists`)
      return { ...of, series, labels: Buffer.from(series.labels) }
    })
    .toSorted((a, b) => a.place - b.place || Buffer.compare(a.labels, b.labels))
}

async function* pointsOf(
  deps: MonthPointsDeps,
  { tenantId, range }: TenantMonth,
  batch: readonly NamedSeries[],
): AsyncGenerator<MetricRun, void> {
  await deps.renew()
  const ids = batch.map(({ id }) => id)
  const packed = await read(deps, (tx) => selectPointsOfSeries(tx, tenantId, range, ids))
  const bySeries = unpackSeries(packed, batch)
  for (const { id, series, points } of batch) {
    const found = bySeries.get(id)
    if (found?.at.length !== points) throw new Error(`series ${id} changed while it was archived`)
    yield sortedRun(series, found)
  }
}

async function* longSeries(
  deps: MonthPointsDeps,
  { tenantId, range }: TenantMonth,
  { id, series, points }: NamedSeries,
): AsyncGenerator<MetricRun, void> {
  const limit = deps.limits.piecePoints
  let left = points
  let after: number | null = null
  while (left > 0) {
    await deps.renew()
    const piece = { id, after, limit }
    const packed = await read(deps, (tx) => selectPointsAfter(tx, tenantId, range, piece))
    const run: MetricRun = { series, at: instants(packed?.at), value: float8s(packed?.value) }
    left -= run.at.length
    after = run.at.at(-1) ?? null
    if (after === null || left < 0) throw new Error(`series ${id} changed while it was archived`)
    yield run
  }
}
