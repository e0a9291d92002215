// The statements on points in the transaction of a write. Values are passed as arrays through `unnest`: one statement for any number, and
// no limit on parameters.

import { sql, type Transaction } from 'kysely'
import { numbers } from '../database/sql-values.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** Points as columns, sorted by (series, at) and without duplicates; `at` is in microseconds since 1970. */
export interface PointColumns {
  readonly series: readonly number[]
  readonly at: readonly number[]
  readonly value: readonly number[]
}

/** Converts microseconds since 1970 to timestamptz without a float of seconds, which would lose the last digits. */
const instants = (column: 'at') => sql`timestamptz 'epoch' + ${sql.ref(column)} * interval '1 microsecond'`

export interface WriteState {
  /** Writes below it invalidate roll-ups; in microseconds since 1970, null when there are no roll-ups yet. */
  readonly fence: number | null
  /** State of each requested month that was ever made, by its first day. */
  readonly months: Readonly<Record<string, string>>
  /** True when points are written to the log. */
  readonly isLog: boolean
}

/**
 * Returns the marks, and the states of these months (first days). The result is reliable only under the write lock, in a statement after
 * the one that took it: a common statement would take its snapshot before the lock, and could see marks that the lock's last holder was
 * about to move.
 */
export async function readWriteState(tx: Tx, months: readonly string[]): Promise<WriteState> {
  const { rows } = await sql<{ fence: string | null; months: Record<string, string> | null; is_log: boolean }>`
    select
      (select (extract(epoch from nullif(fence, '-infinity')) * 1000000)::bigint from rollup_mark) as fence,
      (select json_object_agg(month, state) from metric_month where month = any(${[...months]}::date[])) as months,
      (select log_and_chunks from store_state) as is_log
  `.execute(tx)
  const fence = rows[0]?.fence ?? null
  return {
    fence: fence === null ? null : Number(fence),
    months: rows[0]?.months ?? {},
    isLog: rows[0]?.is_log ?? false,
  }
}

/** Stores points of live months. The last write wins; a row that has the value already is not written again. */
export async function upsertPoints(tx: Tx, tenantId: number, points: PointColumns): Promise<void> {
  await sql`
    insert into metric_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ${instants('at')}, value
    from unnest(${numbers(points.series)}::int[], ${numbers(points.at)}::int8[], ${numbers(points.value)}::float8[]) as p (series, at, value)
    on conflict (series_id, ts) do update set value = excluded.value
      where metric_point.value is distinct from excluded.value
  `.execute(tx)
}

/** Defers points until their month is live. The identity column is the order of acceptance. */
export async function deferPoints(tx: Tx, tenantId: number, points: PointColumns): Promise<void> {
  await sql`
    insert into deferred_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ${instants('at')}, value
    from unnest(${numbers(points.series)}::int[], ${numbers(points.at)}::int8[], ${numbers(points.value)}::float8[]) as p (series, at, value)
  `.execute(tx)
}

/** Records that the roll-ups of these hours must be computed again. `at` is the beginning of the hour. */
export async function invalidateWrittenHours(
  tx: Tx,
  tenantId: number,
  hours: Omit<PointColumns, 'value'>,
): Promise<void> {
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select ${tenantId}::int, series, ${instants('at')}
    from unnest(${numbers(hours.series)}::int[], ${numbers(hours.at)}::int8[]) as p (series, at)
  `.execute(tx)
}
