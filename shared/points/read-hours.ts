// Reads roll-ups of the chunks' hours.
import { sql, type Transaction } from 'kysely'
import { addMonths, hourOf, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { copyRows } from './binary-rows.ts'
import { decodeTimes } from './chunk.ts'
import { list, literalInstant, readGaps, type TimeRange } from './stored-rows.ts'

type Tx = Transaction<Database>

/** The aggregates of the points of a series in an hour. */
export interface StoredHour {
  readonly series: number
  readonly bucket: Micros
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
}

/**
 * Calls back for each hour of the chunks of these series that begins in the range (both ends inclusive), in any order, with its roll-up. An
 * hour with a single point has no roll-up row; its sums are those of the point. The transaction's statements share one snapshot.
 */
export async function eachHour(
  tx: Tx,
  ids: readonly number[],
  range: TimeRange,
  call: (hour: StoredHour) => void,
): Promise<void> {
  const lone = await readLone(tx, ids, range)
  const { from, to } = range
  const rows = await copyRows(
    tx,
    sql`
    select series_id, bucket, count, sum, min, max from metric_hour
    where series_id = any(${list(ids)}::int[]) and bucket >= ${literalInstant(from)} and bucket <= ${literalInstant(to)}`,
  )
  while (rows.next()) {
    const [series, bucket] = [rows.int4(), rows.instant()]
    lone.get(series)?.delete(bucket)
    call({ series, bucket, count: rows.int4(), sum: rows.float8(), min: rows.float8(), max: rows.float8() })
  }
  for (const [series, hours] of lone)
    for (const [bucket, value] of hours) call({ series, bucket, count: 1, sum: value, min: value, max: value })
}

/**
 * Returns a value for each series and hour of the chunks that may have hours without a roll-up. Hours that have a roll-up are also included,
 * with the value of any of their points.
 */
async function readLone(
  tx: Tx,
  ids: readonly number[],
  { from, to }: TimeRange,
): Promise<Map<number, Map<Micros, number>>> {
  const behind = literalInstant(monthStart(addMonths(monthOf(to), 1)))
  const rows = await copyRows(
    tx,
    sql`
    select series_id, first_ts, unit, gap, gap8, value from metric_chunk
    where lone and series_id = any(${list(ids)}::int[]) and last_ts >= ${literalInstant(from)} and last_ts < ${behind}
      and first_ts <= ${literalInstant(to)}`,
  )
  const lone = new Map<number, Map<Micros, number>>()
  while (rows.next()) {
    const [series, first, unit] = [rows.int4(), rows.instant(), rows.int4()]
    const gaps = readGaps(rows)
    const at = new Float64Array(gaps.length)
    decodeTimes(first, unit, gaps, at, 0)
    const value = new Float64Array(gaps.length)
    rows.float8s(value, 0)
    let hours = lone.get(series)
    if (!hours) lone.set(series, (hours = new Map()))
    for (const [i, time] of at.entries()) {
      const bucket = hourOf(time)
      if (bucket >= from && bucket <= to) hours.set(bucket, value[i] as number)
    }
  }
  return lone
}
