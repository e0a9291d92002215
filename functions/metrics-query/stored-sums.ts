// Sums a range from the log and chunks. Values are always added in the same order, whatever they are read from, so an answer has the same
// bits before and after its points are compacted.

import { invalid } from '@penstock/shared/base/problem.ts'
import { HOUR, hourOf, type Micros } from '@penstock/shared/base/time.ts'
import type { SeriesPoints } from '@penstock/shared/points/merge-series.ts'
import { eachHour, type StoredHour } from '@penstock/shared/points/read-hours.ts'
import { countLogged, readLogged, readSeries } from '@penstock/shared/points/read-series.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import { readAcrossObjects } from '@penstock/shared/reading/across-objects.ts'
import { ArchiveMoved } from '@penstock/shared/reading/archive-reading.ts'
import type { MonthUnder } from '@penstock/shared/reading/object-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { type ArchivedUnder, nothingUnder, readUnder, type UnderPlan } from './aggregate/archived-under.ts'
import { holderOf, planUnder } from './aggregate/plan-under.ts'
import type { RangeSums, SumAsk, SumDeps } from './aggregate/sums.ts'
import { type Cells, openCells } from './cells.ts'
import { tooManyBuckets } from './filters-contract.ts'
import { matches } from './queries.ts'
import { refused, refuseSeveralUnits } from './refusals.ts'
import { findSummedSeries, type SummedSeries } from './stored-queries.ts'

type Tx = Transaction<Database>

/** Maximum points of one statement, at one point per second. */
const WINDOW_POINTS = 4_000_000
/** Maximum roll-ups of one statement. */
const WINDOW_HOURS = 200_000

/**
 * Sums the points of a range, in one snapshot: roll-ups of hours that no row of the log touches, and points of the other hours and of the
 * range's ends. The points of the range in objects are read before, outside a transaction, and count only if the snapshot then names the same
 * objects.
 * @throws {Problem} 422 when points have several units, when there are too many buckets or series, and when too much of the archive would
 * have to be read.
 */
export async function sumStored(deps: SumDeps, ask: SumAsk): Promise<RangeSums> {
  const [sums] = await sumTogether(deps, ask.filter.tenantId, [ask])
  return sums as RangeSums
}

/** Sums several ranges of a tenant like `sumStored`, all of them in one snapshot and within one request's limits on the archive. */
export async function sumTogether(
  deps: SumDeps,
  tenantId: number,
  asks: readonly SumAsk[],
): Promise<readonly RangeSums[]> {
  const sumOver = async (unders: readonly ArchivedUnder[]): Promise<readonly (RangeSums | UnderPlan)[]> =>
    await deps.db.read(
      tenantId,
      async (tx) => {
        const answers: (RangeSums | UnderPlan)[] = []
        for (const [i, ask] of asks.entries())
          answers.push(await sumSnapshot(tx, deps.limits, ask, unders[i] ?? nothingUnder))
        return answers
      },
      { oneSnapshot: true },
    )
  return await readAcrossObjects(deps, async (archive, current) => {
    const first = await sumOver([])
    if (first.every(isSummed)) return first
    const unders: ArchivedUnder[] = []
    for (const answer of first) unders.push(isSummed(answer) ? nothingUnder : await readUnder(archive, answer, current))
    const second = await sumOver(unders)
    if (second.every(isSummed)) return second
    const part = second.flatMap((answer) => (isSummed(answer) ? [] : answer.parts))[0]
    throw new ArchiveMoved(part?.object ?? { name: '', generation: '' }, undefined)
  })
}

const isSummed = (answer: RangeSums | UnderPlan): answer is RangeSums => 'rows' in answer

/** Returns the sums, or the plan of the parts of objects that must be read first. */
async function sumSnapshot(
  tx: Tx,
  limits: SumDeps['limits'],
  ask: SumAsk,
  under: ArchivedUnder,
): Promise<RangeSums | UnderPlan> {
  const series = await findSummedSeries(tx, matches(ask.filter), ask.groupBy, limits.summedSeries + 1)
  if (series.length > limits.summedSeries)
    throw refused(invalid, '?service_name', `more than ${limits.summedSeries} series match`)
  const groups = [...new Set(series.map((one) => one.group))].sort(nullLast)
  if (series.length === 0) return { rows: [], groups, units: [], source: '' }
  const plan = await planUnder(tx, ask, series, limits.archiveSeries)
  if (!under.covers(plan)) return plan
  const cells = openCells(ask, series, groups)
  const used = { rollups: false, points: false }
  await readRange(tx, { ask, series, cells, used, under, objects: plan.objects })
  const units = new Set(series.flatMap((one, place) => (cells.has(place) ? [one.unit] : [])))
  refuseSeveralUnits(units)
  const rows = cells.sums()
  if (rows.length > limits.buckets)
    throw refused(tooManyBuckets, '?interval', `buckets times groups are more than ${limits.buckets}`)
  const source = [
    ...(used.rollups ? ['rollups'] : []),
    ...(used.points ? ['points'] : []),
    ...(plan.parts.length > 0 ? ['archive'] : []),
  ].join(', ')
  return { rows, groups, units: [...units], source }
}

/** Compares like PostgreSQL's `order by` in the locale C. */
function nullLast(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

interface Reading {
  readonly ask: SumAsk
  readonly series: readonly SummedSeries[]
  readonly cells: Cells
  readonly used: { rollups: boolean; points: boolean }
  readonly under: ArchivedUnder
  /** Objects that hold months of the range. */
  readonly objects: readonly MonthUnder[]
}

async function readRange(tx: Tx, reading: Reading): Promise<void> {
  const { from, to, byHours } = reading.ask
  const first = Math.ceil(from / HOUR) * HOUR
  const end = Math.floor((to + 1) / HOUR) * HOUR
  if (!byHours || first >= end) return await readPoints(tx, reading, from, to)
  if (from < first) await readPoints(tx, reading, from, first - 1)
  await readHours(tx, reading, first, end)
  if (end <= to) await readPoints(tx, reading, end, to)
}

/** Adds points from windows of whole hours, in the order of time. */
async function readPoints(tx: Tx, reading: Reading, from: Micros, to: Micros): Promise<void> {
  const { ask, series, cells, used, under } = reading
  const ids = series.map(({ id }) => id)
  const hours = Math.max(1, Math.floor(WINDOW_POINTS / (series.length * 3_600)))
  for (let begin = from; begin <= to; ) {
    const next = (Math.floor(begin / HOUR) + hours) * HOUR
    const range = { tenantId: ask.filter.tenantId, series, from: begin, to: Math.min(to, next - 1) }
    const stored = await readSeries(tx, range)
    if (stored.size > 0) used.points = true
    const points = under.under(ids, range, stored)
    for (const [place, { id }] of series.entries()) {
      const found = points.get(id)
      if (!found) continue
      cells.addPoints(place, found)
    }
    cells.close()
    begin = next
  }
}

/** Adds whole hours, in the order of time. */
async function readHours(tx: Tx, reading: Reading, from: Micros, end: Micros): Promise<void> {
  const { ask, series } = reading
  const range = { tenantId: ask.filter.tenantId, series, from, to: end - 1 }
  // When there are more points without a roll-up than fit, one hour at a time is read from the first of them on.
  const logged = await countLogged(tx, range)
  const crowded = logged.points > WINDOW_POINTS ? hourOf(logged.first) : end
  const hours = Math.max(1, Math.floor(WINDOW_HOURS / series.length))
  for (let begin = from; begin < end; ) {
    const next = begin >= crowded ? begin + HOUR : Math.min(begin + hours * HOUR, Math.max(crowded, begin + HOUR))
    await readWindow(tx, reading, { from: begin, to: Math.min(end, next) - 1 })
    begin = next
  }
}

/** Adds a window of whole hours. */
async function readWindow(tx: Tx, reading: Reading, range: TimeRange): Promise<void> {
  const { series, cells } = reading
  const placeOf = new Map(series.map(({ id }, place) => [id, place]))
  const ids = series.map(({ id }) => id)
  const logged = await readTouched(tx, reading, range)
  const addRollup = ({ series: id, ...hour }: StoredHour): void => {
    if (logged.isReplaced(id, hour.bucket)) return
    reading.used.rollups = true
    cells.addHour(placeOf.get(id) as number, hour)
  }
  await eachHour(tx, ids, range, (hour) => {
    if (holderOf(reading.objects, hour.bucket)?.isRolledUp !== false) addRollup(hour)
  })
  reading.under.eachHour(range, (id, hour) => {
    if (!logged.isReplaced(id, hour.bucket)) cells.addHour(placeOf.get(id) as number, hour)
  })
  for (const [id, points] of logged.points) {
    reading.used.points = true
    cells.addPoints(placeOf.get(id) as number, points)
  }
  cells.close()
}

interface Touched {
  /** Points of hours that the log touches: all of them when the roll-up is replaced, otherwise those that follow it. */
  readonly points: ReadonlyMap<number, SeriesPoints>
  readonly isReplaced: (series: number, bucket: Micros) => boolean
}

/**
 * Returns the points of hours that have points in the log. When all of them are after the series' last chunk, the log's points are enough:
 * they are added to the roll-up in the order of time. Otherwise the hour's points are also read from the chunks, and from the month's
 * object.
 */
async function readTouched(
  tx: Tx,
  { ask, series, under, objects }: Reading,
  { from, to }: TimeRange,
): Promise<Touched> {
  const range = { tenantId: ask.filter.tenantId, series, from, to }
  const points = await readLogged(tx, range)
  const replaced = new Set<string>()
  const isUnder = (at: Micros): boolean => holderOf(objects, at) !== undefined
  const late = series.flatMap((one) => {
    const found = points.get(one.id)
    return found && ((found.at[0] as number) <= one.chunksEnd || found.at.some(isUnder)) ? [{ one, found }] : []
  })
  if (late.length > 0) {
    const hours = late.flatMap(({ one, found }) =>
      [...new Set([...found.at].filter((at) => hourOf(at) <= one.chunksEnd || isUnder(at)).map(hourOf))].map(
        (bucket) => ({
          one,
          bucket,
        }),
      ),
    )
    const bounds = {
      from: Math.min(...hours.map(({ bucket }) => bucket)),
      to: Math.max(...hours.map(({ bucket }) => bucket)) + HOUR - 1,
    }
    const span = { from: Math.max(from, bounds.from), to: Math.min(to, bounds.to) }
    const stored = await readSeries(tx, { ...range, ...span, series: late.map(({ one }) => one) })
    const all = under.under(
      late.map(({ one }) => one.id),
      span,
      stored,
    )
    for (const { one, bucket } of hours) replaced.add(`${one.id} ${bucket}`)
    for (const { one, found } of late)
      points.set(
        one.id,
        replaceHours(found, all.get(one.id), (at) => replaced.has(`${one.id} ${hourOf(at)}`)),
      )
  }
  return { points, isReplaced: (id, bucket) => replaced.has(`${id} ${bucket}`) }
}

/** Returns the log's points, and in the replaced hours all points. */
function replaceHours(
  logged: SeriesPoints,
  all: SeriesPoints | undefined,
  isReplaced: (at: Micros) => boolean,
): SeriesPoints {
  const kept = [...logged.at.keys()].filter((i) => !isReplaced(logged.at[i] as number))
  const taken = all ? [...all.at.keys()].filter((i) => isReplaced(all.at[i] as number)) : []
  const pairs = [
    ...kept.map((i) => [logged.at[i] as number, logged.value[i] as number] as const),
    ...taken.map((i) => [all?.at[i] as number, all?.value[i] as number] as const),
  ].sort(([a], [b]) => a - b)
  return { at: Float64Array.from(pairs, ([at]) => at), value: Float64Array.from(pairs, ([, value]) => value) }
}
