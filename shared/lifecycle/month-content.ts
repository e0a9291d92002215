// The content of a tenant's month: the object that holds it, under its chunks, under the log below the run's gate; in the archive's order.

import type { Transaction } from 'kysely'
import { mergeRuns } from '../archive/merge-runs.ts'
import type { MetricRun } from '../archive/metric-runs.ts'
import { noPointsOfSeries, overlay, pointsBetween } from '../archive/overlay.ts'
import { type WrittenObject, wholeRows } from '../archive/whole-rows.ts'
import { type Micros, monthStart } from '../base/time.ts'
import { noChunks, readChunks } from '../compaction/merge-day.ts'
import { canonicalLabels } from '../points/labels.ts'
import { seriesIdentity } from '../points/series.ts'
import type { SeriesName } from '../points/series-queries.ts'
import type { Database } from '../schema/index.ts'
import {
  type PlannedSeries,
  selectChunks,
  selectChunksAfter,
  selectPlan,
  selectSeriesNames,
} from './content-queries.ts'
import type { LoggedPoints } from './logged-points.ts'
import type { RunDeps } from './run-deps.ts'
import type { RecordedRun } from './run-queries.ts'

export interface ContentParts {
  readonly run: RecordedRun
  readonly logged: LoggedPoints
  /** Undefined when no object holds the month yet. */
  readonly object: WrittenObject | undefined
  readonly isErased: IsErased
}

/** Returns true for series whose points are being erased. */
export type IsErased = (series: SeriesName) => boolean

/** A series of the database on its way into the content. */
export interface NamedSeries extends PlannedSeries {
  readonly series: SeriesName
}

/** Names are fetched for about so many series at a time. */
const MANY_SERIES = 1_000
const POINTS_A_CHUNK = 512

/**
 * Every point of the month once. A row group of the object, `piecePoints` of the chunks and the log's points are in memory. Reads in snapshots of
 * some seconds each: while the run is recorded, nobody changes what it reads. Safe to repeat: the same points come in the same order.
 * @throws {Error} when the object is not what was written, or a series is not called what its identity says.
 */
export async function* monthContent(deps: RunDeps, parts: ContentParts): AsyncGenerator<MetricRun, void> {
  const stored = without(storedRuns(deps, parts), parts.isErased)
  if (parts.object === undefined) return yield* stored
  yield* mergeRuns(without(wholeRows(deps, parts.object), parts.isErased), stored)
}

async function* without(runs: AsyncIterable<MetricRun>, isErased: IsErased): AsyncGenerator<MetricRun, void> {
  for await (const run of runs) if (!isErased(run.series)) yield run
}

/** The points of chunks and log. */
async function* storedRuns(deps: RunDeps, parts: ContentParts): AsyncGenerator<MetricRun, void> {
  let batch: NamedSeries[] = []
  let points = 0
  for await (const series of seriesInOrder(deps, parts)) {
    if (points + series.points > deps.limits.piecePoints && batch.length > 0) {
      yield* pointsOf(deps, parts, batch)
      batch = []
      points = 0
    }
    if (series.points > deps.limits.piecePoints) yield* longSeries(deps, parts, series)
    else {
      batch.push(series)
      points += series.points
    }
  }
  if (batch.length > 0) yield* pointsOf(deps, parts, batch)
}

async function read<T>({ db, now, limits }: RunDeps, question: (tx: Transaction<Database>) => Promise<T>): Promise<T> {
  return await db.readAll(question, { deadline: now() + limits.snapshotMs })
}

async function* seriesInOrder(deps: RunDeps, { run, logged }: ContentParts): AsyncGenerator<NamedSeries, void> {
  const plan = await read(deps, async (tx) => await selectPlan(tx, run, [...logged.keys()]))
  for (let from = 0; from < plan.length; ) {
    let to = Math.min(plan.length, from + MANY_SERIES)
    while (to < plan.length && plan[to]?.place === plan[to - 1]?.place) to++
    yield* await named(deps, plan.slice(from, to))
    from = to
  }
}

/** Reads the names of these series, which include all series of each place; sorts by place, then by labels. */
async function named(deps: RunDeps, plan: readonly PlannedSeries[]): Promise<readonly NamedSeries[]> {
  const ids = plan.map(({ id }) => id)
  const rows = await read(deps, async (tx) => await selectSeriesNames(tx, ids))
  const names = new Map(
    rows.map((row) => {
      const labels = canonicalLabels(row.labels)
      const series = { service: row.service_name, type: row.metric_type, unit: row.unit, labels }
      if (seriesIdentity(series) !== row.identity)
        throw new Error(`the name of series ${row.id} does not match its identity`)
      return [row.id, series] as const
    }),
  )
  // A name that went since the plan was made was erased.
  return plan
    .flatMap((planned) => {
      const series = names.get(planned.id)
      return series ? [{ ...planned, series, bytes: Buffer.from(series.labels) }] : []
    })
    .toSorted((a, b) => a.place - b.place || Buffer.compare(a.bytes, b.bytes))
}

async function* pointsOf(
  deps: RunDeps,
  { run, logged }: ContentParts,
  batch: readonly NamedSeries[],
): AsyncGenerator<MetricRun, void> {
  await deps.renew()
  const ids = batch.filter(({ points }) => points > 0).map(({ id }) => id)
  const chunks = readChunks(await read(deps, async (tx) => await selectChunks(tx, run, ids)))
  for (const { id, series } of batch)
    yield { series, ...overlay(chunks.get(id) ?? noChunks, logged.get(id) ?? noPointsOfSeries) }
}

/** The points of a series with many chunks, some of them at a time. */
async function* longSeries(
  deps: RunDeps,
  { run, logged }: ContentParts,
  { id, series }: NamedSeries,
): AsyncGenerator<MetricRun, void> {
  const limit = Math.max(1, Math.floor(deps.limits.piecePoints / POINTS_A_CHUNK))
  const own = logged.get(id) ?? noPointsOfSeries
  let after: Micros = monthStart(run.month) - 1
  for (;;) {
    await deps.renew()
    const rows = await read(deps, async (tx) => await selectChunksAfter(tx, run, { id, after, limit }))
    const chunks = readChunks(rows).get(id)
    if (!chunks) break
    const end = chunks.at.at(-1) ?? after
    yield { series, ...overlay(chunks, pointsBetween(own, after + 1, end)) }
    after = end
  }
  yield { series, ...pointsBetween(own, after + 1, Number.POSITIVE_INFINITY) }
}
