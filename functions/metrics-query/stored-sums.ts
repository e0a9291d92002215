// Sums a range from the log and chunks. Values are always added in the same order, whatever they are read from, so an answer has the same
// bits before and after its points are compacted.

import { invalid } from '@penstock/shared/base/problem.ts'
import { HOUR, hourOf, type Micros } from '@penstock/shared/base/time.ts'
import type { SeriesPoints } from '@penstock/shared/points/merge-series.ts'
import { eachHour } from '@penstock/shared/points/read-hours.ts'
import { countLogged, readLogged, readSeries } from '@penstock/shared/points/read-series.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { RangeSums, SumAsk, SumDeps } from './aggregate/sums.ts'
import { type Cells, openCells } from './cells.ts'
import { tooManyBuckets } from './contract.ts'
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
 * range's ends.
 * @throws {Problem} 422 when points have several units, and when there are too many buckets or series.
 */
export async function sumStored({ db, limits }: SumDeps, ask: SumAsk): Promise<RangeSums> {
  return await db.inTenant(
    ask.filter.tenantId,
    async (tx) => {
      const series = await findSummedSeries(tx, matches(ask.filter), ask.groupBy, limits.summedSeries + 1)
      if (series.length > limits.summedSeries)
        throw refused(invalid, '?service_name', `more than ${limits.summedSeries} series match`)
      const groups = [...new Set(series.map((one) => one.group))].sort(nullLast)
      const cells = openCells(ask, series, groups)
      const used = { rollups: false, points: false }
      if (series.length > 0) await readRange(tx, { ask, series, cells, used })
      const units = new Set(series.flatMap((one, place) => (cells.has(place) ? [one.unit] : [])))
      refuseSeveralUnits(units)
      const rows = cells.sums()
      if (rows.length > limits.buckets)
        throw refused(tooManyBuckets, '?interval', `buckets times groups are more than ${limits.buckets}`)
      const source = [...(used.rollups ? ['rollups'] : []), ...(used.points ? ['points'] : [])].join(', ')
      return { rows, groups, source }
    },
    { readOnly: true, oneSnapshot: true },
  )
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
async function readPoints(tx: Tx, { ask, series, cells, used }: Reading, from: Micros, to: Micros): Promise<void> {
  const hours = Math.max(1, Math.floor(WINDOW_POINTS / (series.length * 3_600)))
  for (let begin = from; begin <= to; ) {
    const next = (Math.floor(begin / HOUR) + hours) * HOUR
    const range = { tenantId: ask.filter.tenantId, series, from: begin, to: Math.min(to, next - 1) }
    const points = await readSeries(tx, range)
    for (const [place, { id }] of series.entries()) {
      const found = points.get(id)
      if (!found) continue
      used.points = true
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
  // When the log has more points than fit, one hour at a time is read from the first of them on.
  const logged = await countLogged(tx, range)
  const crowded = logged.points > WINDOW_POINTS ? hourOf(logged.first) : end
  const hours = Math.max(1, Math.floor(WINDOW_HOURS / series.length))
  for (let begin = from; begin < end; ) {
    const next = begin >= crowded ? begin + HOUR : Math.min(begin + hours * HOUR, Math.max(crowded, begin + HOUR))
    await readWindow(tx, reading, { from: begin, to: Math.min(end, next) - 1 })
    begin = next
  }
}

async function readWindow(tx: Tx, reading: Reading, range: { from: Micros; to: Micros }): Promise<void> {
  const { series, cells } = reading
  const placeOf = new Map(series.map(({ id }, place) => [id, place]))
  const logged = await readTouched(tx, reading, range)
  await eachHour(
    tx,
    series.map(({ id }) => id),
    range,
    ({ series: id, bucket, count, sum, min, max }) => {
      if (logged.isReplaced(id, bucket)) return
      reading.used.rollups = true
      cells.addHour(placeOf.get(id) as number, { bucket, count, sum, min, max })
    },
  )
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
 * Returns the points of hours that the log touches. When they all are after the series' last chunk, the log's points are enough: they are
 * added to the roll-up in the order of time, as if all had been added then. Otherwise the hour's points are read from the chunks too.
 */
async function readTouched(
  tx: Tx,
  { ask, series }: Reading,
  { from, to }: { from: Micros; to: Micros },
): Promise<Touched> {
  const range = { tenantId: ask.filter.tenantId, series, from, to }
  const points = await readLogged(tx, range)
  const replaced = new Set<string>()
  const late = series.flatMap((one) => {
    const found = points.get(one.id)
    return found && (found.at[0] as number) <= one.chunksEnd ? [{ one, found }] : []
  })
  if (late.length > 0) {
    const hours = late.flatMap(({ one, found }) =>
      [...new Set([...found.at].filter((at) => hourOf(at) <= one.chunksEnd).map(hourOf))].map((bucket) => ({
        one,
        bucket,
      })),
    )
    const bounds = {
      from: Math.min(...hours.map(({ bucket }) => bucket)),
      to: Math.max(...hours.map(({ bucket }) => bucket)) + HOUR - 1,
    }
    const all = await readSeries(tx, {
      ...range,
      series: late.map(({ one }) => one),
      from: Math.max(from, bounds.from),
      to: Math.min(to, bounds.to),
    })
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
