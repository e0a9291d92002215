// Computes roll-ups from points: for ranges of hours, and for hours whose roll-ups no longer match their points.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { ROLLUP_LOCK } from '../base/locks.ts'
import type { Micros } from '../base/time.ts'
import { instant } from '../database/sql-values.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

export interface Choice {
  /** First days of the months. */
  readonly months: readonly string[]
  /** Ids of tenants; null for all. */
  readonly tenants: readonly number[] | null
  readonly limit: number
}

/**
 * Computes the oldest invalid hours again, at most `limit` of them, in the caller's transaction: an interruption leaves nothing half
 * done. No other transaction computes roll-ups until it ends. Safe to repeat.
 */
export async function refreshInvalidHours(tx: Tx, choice: Choice): Promise<InvalidHours> {
  await lockRollups(tx)
  const hours = await takeInvalidations(tx, choice)
  if (hours.taken > 0) await sumHours(tx, hours)
  return hours
}

/**
 * Prevents other transactions from computing roll-ups until this one ends. It is a statement of its own, so later reads are no older than
 * those of the previous holder.
 */
export async function lockRollups(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ROLLUP_LOCK}::bigint)`.execute(tx)
}

/** Finds the tenants that have invalid hours in these months. */
export async function selectInvalidTenants(tx: Tx, months: readonly string[]): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct tenant_id as id from rollup_invalidation where ${inMonths(months)} order by 1`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Hours of series as columns of one length. */
export interface Hours {
  readonly tenants: readonly number[]
  readonly series: readonly number[]
  readonly buckets: readonly string[]
}

/** Hours of series as columns of one length, each hour once. */
export interface InvalidHours extends Hours {
  /** Number of invalidations that these hours had. */
  readonly taken: number
}

/**
 * Deletes the oldest invalidations, at most `limit`, and returns their hours. The change that made an hour invalid was committed together
 * with its invalidation, so a later statement of this transaction sees it; an earlier one might not have.
 */
async function takeInvalidations(tx: Tx, { months, tenants, limit }: Choice): Promise<InvalidHours> {
  const { rows } = await sql<InvalidHours>`
    with picked as (
      select id from rollup_invalidation where ${inMonths(months)} and ${ofTenants(tenants)} order by id limit ${limit}::int
    ), taken as (
      delete from rollup_invalidation i using picked where i.id = picked.id returning i.tenant_id, i.series_id, i.bucket
    ), hours as (
      select distinct tenant_id, series_id, bucket from taken order by series_id, bucket
    )
    select coalesce(array_agg(tenant_id), '{}') as tenants, coalesce(array_agg(series_id), '{}') as series,
      coalesce(array_agg(bucket::text), '{}') as buckets, (select count(*)::int from taken) as taken
    from hours`.execute(tx)
  return rows[0] ?? { tenants: [], series: [], buckets: [], taken: 0 }
}

/** Computes the roll-ups of these hours; an hour without points has no roll-up either. */
async function sumHours(tx: Tx, { tenants, series, buckets }: Hours): Promise<void> {
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

/** The outcome of one statement. */
export interface Summed {
  /** Number of hours of series. */
  readonly buckets: number
  readonly points: number
}

/**
 * Computes the roll-ups of all hours from `from` to `to`, both first instants of hours in one month, of these tenants (null: of all).
 * Points are added in their order on disk, which is mostly that of their times: sorting them would take four times as long.
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

const orReplace = sql`
  on conflict (series_id, bucket) do update
    set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max
    where (metric_rollup.count, metric_rollup.sum, metric_rollup.min, metric_rollup.max)
      is distinct from (excluded.count, excluded.sum, excluded.min, excluded.max)`

const ofTenants = (tenants: readonly number[] | null): RawBuilder<unknown> =>
  tenants === null ? sql`true` : sql`tenant_id = any(${[...tenants]}::int[])`

const inMonths = (months: readonly string[]): RawBuilder<unknown> =>
  sql`date_trunc('month', bucket at time zone 'UTC')::date = any(${[...months]}::date[])`
