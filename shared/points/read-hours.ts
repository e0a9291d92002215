// Reads roll-ups of the chunks' hours.
import { sql, type Transaction } from 'kysely'
import type { Micros } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { copyRows } from './binary-rows.ts'
import { list, literalInstant } from './stored-rows.ts'

/** Calls back for each roll-up of these series whose hour begins in the range (both ends inclusive), by hour. */
export async function eachHour(
  tx: Transaction<Database>,
  ids: readonly number[],
  { from, to }: { readonly from: Micros; readonly to: Micros },
  call: (hour: { series: number; bucket: Micros; count: number; sum: number; min: number; max: number }) => void,
): Promise<void> {
  const rows = await copyRows(
    tx,
    sql`
    select series_id, bucket, count, sum, min, max from metric_hour
    where series_id = any(${list(ids)}::int[]) and bucket >= ${literalInstant(from)} and bucket <= ${literalInstant(to)}
    order by bucket`,
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
