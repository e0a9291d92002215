// The statements that expire a tenant's months. Run them under the tenant's lock.

import { sql, type Transaction } from 'kysely'
import { formatTimestamp, type Micros } from '../base/time.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/**
 * Returns the tenant's months with data, oldest first. A month in an archive object is due when its first object was written at or before `cutoff` and
 * no legal hold overlaps the month. A month that only chunks or the log have is never due.
 */
export async function selectExpirable(
  tx: Tx,
  tenantId: number,
  cutoff: Micros,
): Promise<readonly { readonly month: string; readonly end: string; readonly isDue: boolean }[]> {
  const { rows } = await sql<{ month: string; end: string; isDue: boolean }>`
    with months as (
      select month, coalesce(cold_since, written_at) as since from archive
      where tenant_id = ${tenantId}::int and dataset = 'metrics' and state = 'verified'
      union all
      select distinct date_trunc('month', last_ts at time zone 'UTC')::date, null::timestamptz from metric_log where tenant_id = ${tenantId}::int
      union all
      select m.month, null from chunk_month m where exists (
        select from metric_chunk c where c.tenant_id::bigint = ${tenantId}::bigint
          and c.last_ts >= m.month::timestamp at time zone 'UTC' and c.last_ts < (m.month + interval '1 month') at time zone 'UTC'
      )
    )
    select month::text as month, (month + interval '1 month')::date::text as end,
      coalesce(max(since) <= ${formatTimestamp(cutoff)}::timestamptz, false) and not exists (
        select from archive_hold h
        where h.tenant_id = ${tenantId}::int and h.dataset = 'metrics' and h.released_at is null
          and h.from_ts < (m.month + interval '1 month') at time zone 'UTC' and h.to_ts > m.month::timestamp at time zone 'UTC'
      ) as "isDue"
    from months m
    where month::timestamp at time zone 'UTC' >= coalesce((select before from metric_expiry where tenant_id = ${tenantId}::int), '-infinity')
    group by month order by month`.execute(tx)
  return rows
}

/** Moves the mark up to the first instant of a month, where one is given. @returns the mark as it is then, RFC 3339; undefined when there is none. */
export async function moveExpiry(tx: Tx, tenantId: number, end: string | undefined): Promise<string | undefined> {
  if (end !== undefined)
    await sql`
      insert into metric_expiry (tenant_id, before) values (${tenantId}::int, ${end}::date::timestamp at time zone 'UTC')
      on conflict (tenant_id) do update set before = greatest(metric_expiry.before, excluded.before)`.execute(tx)
  const { rows } = await sql<{ before: string }>`
    select before::text as before from metric_expiry where tenant_id = ${tenantId}::int`.execute(tx)
  return rows[0]?.before
}

/** Deletes points below the mark, forgets runs below it, and recomputes spans to the hour. Returns how many objects expired. */
export async function deleteExpired(tx: Tx, tenantId: number, mark: string): Promise<number> {
  const tenant = sql`tenant_id = ${tenantId}::int`
  await sql`delete from archiving where ${tenant} and month::timestamp at time zone 'UTC' < ${mark}::timestamptz`.execute(
    tx,
  )
  const { numAffectedRows } = await sql`
    update archive set state = 'expired'
    where ${tenant} and dataset = 'metrics' and state = 'verified' and month::timestamp at time zone 'UTC' < ${mark}::timestamptz`.execute(
    tx,
  )
  await sql`
    delete from metric_chunk where ${tenant} and tenant_id::bigint = ${tenantId}::bigint and last_ts < ${mark}::timestamptz`.execute(
    tx,
  )
  await sql`delete from metric_log where ${tenant} and last_ts < ${mark}::timestamptz`.execute(tx)
  await sql`delete from metric_series_span where ${tenant} and last_ts < ${mark}::timestamptz`.execute(tx)
  await sql`
    update metric_series_span s set first_ts = least(s.last_ts, coalesce(
      (select min(bucket) from metric_hour h where h.series_id = s.series_id and h.bucket >= ${mark}::timestamptz), ${mark}::timestamptz))
    where ${tenant} and first_ts < ${mark}::timestamptz`.execute(tx)
  return Number(numAffectedRows ?? 0)
}
