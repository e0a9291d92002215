// The statements on points in the transaction of a write. Values are passed as arrays through `unnest`: one statement for any number, and
// no limit on parameters.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { float8Array, instantArray, int4Array } from './binary-arrays.ts'
import type { BlockColumns, Columns, Sorted } from './columns.ts'

type Tx = Transaction<Database>

const seriesOf = ({ series, length }: Columns) => sql`${int4Array(series, length)}::int[]`
const instantsOf = ({ at, length }: Columns) => sql`${instantArray(at, length)}::timestamptz[]`
const valuesOf = ({ value, length }: Columns) => sql`${float8Array(value, length)}::float8[]`

export interface WriteState {
  /** Writes below it invalidate roll-ups; in microseconds since 1970, null when there are no roll-ups yet. */
  readonly fence: number | null
  /** State of each requested month that was ever made, by its first day. */
  readonly months: Readonly<Record<string, string>>
  /** True when points are written to the log. */
  readonly isLog: boolean
  /** Ids of the tenant's series that were found in another epoch may be wrong. */
  readonly seriesEpoch: number
}

/**
 * Returns the marks, and the states of these months (first days). The result is reliable only under the write lock, in a statement after
 * the one that took it: a common statement would take its snapshot before the lock, and could see marks that the lock's last holder was
 * about to move.
 */
export async function readWriteState(tx: Tx, tenantId: number, months: readonly string[]): Promise<WriteState> {
  const { rows } = await sql<{
    fence: string | null
    months: Record<string, string> | null
    is_log: boolean
    epoch: string | null
  }>`
    select
      (select (extract(epoch from nullif(fence, '-infinity')) * 1000000)::bigint from rollup_mark) as fence,
      (select json_object_agg(month, state) from metric_month where month = any(${[...months]}::date[])) as months,
      (select log_and_chunks from store_state) as is_log,
      (select series_epoch from tenant where id = ${tenantId}::int) as epoch
  `.execute(tx)
  const fence = rows[0]?.fence ?? null
  return {
    fence: fence === null ? null : Number(fence),
    months: rows[0]?.months ?? {},
    isLog: rows[0]?.is_log ?? false,
    seriesEpoch: Number(rows[0]?.epoch ?? 0),
  }
}

/** Stores points of live months. The last write wins; a row that has the value already is not written again. */
export async function upsertPoints(tx: Tx, tenantId: number, points: Sorted<BlockColumns>): Promise<void> {
  await sql`
    insert into metric_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ts, value from unnest(${seriesOf(points)}, ${instantsOf(points)}, ${valuesOf(points)}) as p (series, ts, value)
    on conflict (series_id, ts) do update set value = excluded.value
      where metric_point.value is distinct from excluded.value
  `.execute(tx)
}

/** Defers points until their month is live. The identity column is the order of acceptance. */
export async function deferPoints(tx: Tx, tenantId: number, points: Sorted<BlockColumns>): Promise<void> {
  await sql`
    insert into deferred_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ts, value from unnest(${seriesOf(points)}, ${instantsOf(points)}, ${valuesOf(points)}) as p (series, ts, value)
  `.execute(tx)
}

/** Records that the roll-ups of these hours must be computed again. `at` is the beginning of the hour. */
export async function invalidateWrittenHours(tx: Tx, tenantId: number, hours: Sorted<BlockColumns>): Promise<void> {
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select ${tenantId}::int, series, ts from unnest(${seriesOf(hours)}, ${instantsOf(hours)}) as p (series, ts)
  `.execute(tx)
}
