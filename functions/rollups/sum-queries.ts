// functions/rollups/sum-queries.ts: roll-ups, computed from points. The caller holds the lock of the roll-ups.
import type { Database } from '@penstock/shared/schema/index.ts'
import { formatTimestamp, type Micros } from '@penstock/shared/time.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** What one statement did. */
export interface Summed {
  /** Hours of series. */
  readonly buckets: number
  readonly points: number
}

/**
 * Computes the roll-ups of all hours from `from` to `to`, both of them first instants of hours in one month, of these
 * tenants (null: of all). Points are added in the order in which they lie, which is mostly that of their times: sorted,
 * this takes four times as long.
 */
export async function sumWindow(tx: Tx, from: Micros, to: Micros, tenants: readonly number[] | null): Promise<Summed> {
  const { rows } = await sql<Summed>`
    with computed as (
      select tenant_id, series_id, date_bin('1 hour', ts, timestamptz '2000-01-01 00:00:00+00') as bucket,
        count(*) as count, sum(value) as sum, min(value) as min, max(value) as max
      from metric_point
      where ts >= ${instant(from)} and ts < ${instant(to)} and ${tenants === null ? sql`true` : sql`tenant_id = any(${[...tenants]}::int[])`}
      group by 1, 2, 3
    ), stored as (
      insert into metric_rollup (tenant_id, series_id, bucket, count, sum, min, max)
      select tenant_id, series_id, bucket, count, sum, min, max from computed
      ${orReplace}
    )
    select count(*)::float8 as buckets, coalesce(sum(count), 0)::float8 as points from computed`.execute(tx)
  return rows[0] ?? { buckets: 0, points: 0 }
}

/** Hours of series as columns of one length. */
export interface Hours {
  readonly tenants: readonly number[]
  readonly series: readonly number[]
  readonly buckets: readonly string[]
}

/** Computes the roll-ups of these hours; one that has no points any more has no roll-up either. */
export async function sumHours(tx: Tx, { tenants, series, buckets }: Hours): Promise<void> {
  await sql`
    with computed as (
      select h.tenant_id, h.series_id, h.bucket, p.*
      from unnest(${[...tenants]}::int[], ${[...series]}::int[], ${[...buckets]}::timestamptz[]) as h (tenant_id, series_id, bucket)
      cross join lateral (
        select count(*) as count, sum(value) as sum, min(value) as min, max(value) as max
        from metric_point
        where series_id = h.series_id and ts >= h.bucket and ts < h.bucket + interval '1 hour'
      ) p
    ), emptied as (
      delete from metric_rollup r using computed c
      where c.count = 0 and r.series_id = c.series_id and r.bucket = c.bucket
    )
    insert into metric_rollup (tenant_id, series_id, bucket, count, sum, min, max)
    select tenant_id, series_id, bucket, count, sum, min, max from computed where count > 0
    ${orReplace}`.execute(tx)
}

const orReplace = sql`
  on conflict (series_id, bucket) do update
    set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max
    where (metric_rollup.count, metric_rollup.sum, metric_rollup.min, metric_rollup.max)
      is distinct from (excluded.count, excluded.sum, excluded.min, excluded.max)`

const instant = (at: Micros): RawBuilder<unknown> => sql`${formatTimestamp(at)}::timestamptz`
