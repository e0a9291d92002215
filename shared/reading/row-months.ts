// Reads months that are still rows of metric_point after log and chunks were switched on. In them, roll-ups of chunks are not complete.
import { sql, type Transaction } from 'kysely'
import { type Micros, monthOf } from '../base/time.ts'
import { copyRows } from '../points/binary-rows.ts'
import type { StoredHour } from '../points/read-hours.ts'
import { list, literalInstant, type StoredRange, type TimeRange } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** Returns a test for instants of these months. */
export function inMonths(months: readonly string[]): (at: Micros) => boolean {
  if (months.length === 0) return () => false
  const known = new Set(months)
  return (at) => known.has(monthOf(at))
}

/**
 * Returns how many points of the range are rows, counted up to `most`, and an instant before which there are none. When `unsummed` is true,
 * only rows at or above the roll-ups' watermark are counted.
 */
export async function countRows(
  tx: Tx,
  { tenantId, series, from, to }: StoredRange,
  { unsummed, most }: { readonly unsummed: boolean; readonly most: number },
): Promise<{ readonly points: number; readonly first: Micros }> {
  const { rows } = await sql<{ points: number; first: number | null }>`
    select points, (extract(epoch from first) * 1000000)::float8 as first
    from count_rows(${tenantId}::int, ${list(series.map(({ id }) => id))}::int[], ${literalInstant(from)}, ${literalInstant(to)},
      ${unsummed}::boolean, ${most}::int)`.execute(tx)
  return { points: rows[0]?.points ?? 0, first: rows[0]?.first ?? Number.POSITIVE_INFINITY }
}

/** Calls back for each valid roll-up of rows that begins in the range (both ends inclusive) and in one of these months, in any order. */
export async function eachRowHour(
  tx: Tx,
  ids: readonly number[],
  { from, to }: TimeRange,
  months: readonly string[],
  call: (hour: StoredHour) => void,
): Promise<void> {
  const rows = await copyRows(
    tx,
    sql`
    select r.series_id, r.bucket, r.count::int, r.sum, r.min, r.max from metric_rollup r
    where r.series_id = any(${list(ids)}::int[]) and r.bucket >= ${literalInstant(from)} and r.bucket <= ${literalInstant(to)}
      and r.bucket < (select watermark from rollup_mark)
      and date_trunc('month', r.bucket at time zone 'UTC')::date = any(${sql.lit(`{${months.join(',')}}`)}::date[])
      and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)`,
  )
  while (rows.next())
    call({
      series: rows.int4(),
      bucket: rows.instant(),
      count: rows.int4(),
      sum: rows.float8(),
      min: rows.float8(),
      max: rows.float8(),
    })
}
