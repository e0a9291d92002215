// What writing to the log asks the database.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { fromPostgres, type Micros } from '../time.ts'
import { float8Array, instantArray, int4Array } from './binary-arrays.ts'
import type { LogRows } from './log-rows.ts'

type Tx = Transaction<Database>

/** Appends rows. The server gives each the transaction's place in the order. */
export async function insertLogRows(tx: Tx, tenantId: number, rows: LogRows): Promise<void> {
  const { points, block, from, to, first, last } = rows
  await sql`
    insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
    select ${tenantId}::int, r.block, r.first_ts, r.last_ts, r.above - r.below,
      (${int4Array(points.series, points.length)}::int[])[r.below + 1 : r.above],
      (${instantArray(points.at, points.length)}::timestamptz[])[r.below + 1 : r.above],
      (${float8Array(points.value, points.length)}::float8[])[r.below + 1 : r.above]
    from unnest(${int4Array(block)}::int[], ${int4Array(from)}::int[], ${int4Array(to)}::int[],
      ${instantArray(first)}::timestamptz[], ${instantArray(last)}::timestamptz[]) as r (block, below, above, first_ts, last_ts)
  `.execute(tx)
}

export interface WriteMarks {
  /** Points below it are refused; -Infinity where nothing has expired. */
  readonly expiredBefore: Micros
  /** It moves when series of the tenant are erased; ids that were found under another one may be gone. */
  readonly seriesEpoch: number
}

/** What a write of this tenant has to respect, as the last commits have left it. */
export async function readWriteMarks(tx: Tx, tenantId: number): Promise<WriteMarks> {
  const { rows } = await sql<{ before: string | null; epoch: string }>`
    select (select before from metric_expiry where tenant_id = ${tenantId}::int) as before, series_epoch as epoch
    from tenant where id = ${tenantId}::int`.execute(tx)
  const { before, epoch } = rows[0] ?? { before: null, epoch: '0' }
  return {
    expiredBefore: before === null ? Number.NEGATIVE_INFINITY : fromPostgres(before),
    seriesEpoch: Number(epoch),
  }
}
