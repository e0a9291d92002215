// The statements that write to the log.
import { sql, type Transaction } from 'kysely'
import { fromPostgres, type Micros } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { float8Array, instantArray, int4Array } from './binary-arrays.ts'
import type { LogRows } from './log-rows.ts'

type Tx = Transaction<Database>

export interface WriteMarks {
  /** Points below it are refused; -Infinity when nothing has expired. */
  readonly expiredBefore: Micros
  /** Changes when series of the tenant are erased; ids that were found in another epoch may no longer exist. */
  readonly seriesEpoch: number
}

/**
 * The result of a write: the marks that it found, and whether it stored its rows. It stores all of them, or none when one has expired.
 */
export interface Appended extends WriteMarks {
  readonly isStored: boolean
}

/** Appends rows, unless one of them has expired. The server gives them the transaction's place in the order. Takes one round trip. */
export async function appendLogRows(tx: Tx, tenantId: number, rows: LogRows): Promise<Appended> {
  const { points, block, from, to, first, last } = rows
  const found = await sql<{ before: string; epoch: string; stored: string }>`
    with marks as materialized (
      select series_epoch as epoch, (select before from metric_expiry where tenant_id = t.id) as before from tenant t where id = ${tenantId}::int
    ), cuts as materialized (
      select * from unnest(${int4Array(block)}::int[], ${int4Array(from)}::int[], ${int4Array(to)}::int[],
        ${instantArray(first)}::timestamptz[], ${instantArray(last)}::timestamptz[]) as r (block, below, above, first_ts, last_ts)
    ), stored as (
      insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
      select ${tenantId}::int, r.block, r.first_ts, r.last_ts, r.above - r.below,
        (${int4Array(points.series, points.length)}::int[])[r.below + 1 : r.above],
        (${instantArray(points.at, points.length)}::timestamptz[])[r.below + 1 : r.above],
        (${float8Array(points.value, points.length)}::float8[])[r.below + 1 : r.above]
      from cuts r
      where (select min(first_ts) from cuts) >= coalesce((select before from marks), '-infinity')
      returning 1
    )
    select epoch, before, (select count(*) from stored) as stored from marks`.execute(tx)
  const row = found.rows[0]
  return {
    expiredBefore: row?.before ? fromPostgres(row.before) : Number.NEGATIVE_INFINITY,
    seriesEpoch: Number(row?.epoch ?? 0),
    isStored: rows.length === Number(row?.stored ?? 0),
  }
}

/** The instant below which a tenant's points have expired; -Infinity where none have. */
export async function selectExpiry(tx: Tx, tenantId: number): Promise<Micros> {
  const { rows } = await sql<{ before: string }>`
    select before from metric_expiry where tenant_id = ${tenantId}::int`.execute(tx)
  return rows[0] ? fromPostgres(rows[0].before) : Number.NEGATIVE_INFINITY
}
