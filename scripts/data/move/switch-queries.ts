// The statements of the switch. All of them run in one transaction, while no writer is under way.
import { POINTS } from '@penstock/shared/months/month-table.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import { ADMIN, OWNER } from '../../database/roles.ts'

type Tx = Transaction<Database>

export async function isSwitched(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ is_on: boolean }>`select log_and_chunks as is_on from store_state`.execute(tx)
  return rows[0]?.is_on ?? false
}

/** Returns the months that are on their way to the archive, or back from it. */
export async function selectUnsettled(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ month: string }>`
    select month::text as month from metric_month where state in ('sealed', 'written', 'verified', 'cold', 'detached') order by month`.execute(
    tx,
  )
  return rows.map(({ month }) => month)
}

/** Returns the ids of all tenants. Row security shows them to the role of a person's commands. */
export async function selectEveryTenant(tx: Tx): Promise<readonly number[]> {
  await sql`set local role ${sql.id(ADMIN)}`.execute(tx)
  const { rows } = await sql<{ id: number }>`select id from tenant order by id`.execute(tx)
  await sql`set local role ${sql.id(OWNER)}`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Makes the rest of the transaction act as this tenant. */
export async function actAs(tx: Tx, tenantId: number): Promise<void> {
  await sql`select set_config('app.tenant_id', ${String(tenantId)}, true)`.execute(tx)
}

/** Records that the tenant's points of live months are rows. */
export async function recordRowMonths(tx: Tx, tenantId: number): Promise<void> {
  await sql`
    insert into row_month (tenant_id, month) select ${tenantId}::int, month from metric_month where state = 'live'
    on conflict do nothing`.execute(tx)
}

/**
 * Moves the tenant's deferred points into the log; of equal ones, the last accepted one. A point that is a row already was written later than the
 * deferred one. Returns how many were deferred.
 */
export async function moveDeferred(tx: Tx, tenantId: number): Promise<number> {
  const { rows } = await sql<{ moved: number }>`
    with moved as (
      delete from deferred_point where tenant_id = ${tenantId}::int returning id, series_id, ts, value
    ), latest as (
      select distinct on (m.series_id, m.ts) m.series_id, m.ts, m.value, s.block
      from moved m join metric_series s on s.id = m.series_id
      where not exists (select from metric_point p where p.series_id = m.series_id and p.ts = m.ts)
      order by m.series_id, m.ts, m.id desc
    ), placed as (
      select *, date_trunc('day', ts, 'UTC') as day,
        (row_number() over (partition by block, date_trunc('day', ts, 'UTC') order by series_id, ts) - 1) / 4096 as part
      from latest
    ), logged as (
      insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
      select ${tenantId}::int, block, min(ts), max(ts), count(*), array_agg(series_id order by series_id, ts),
        array_agg(ts order by series_id, ts), array_agg(value order by series_id, ts)
      from placed group by block, day, part
    )
    select count(*)::int as moved from moved`.execute(tx)
  return rows[0]?.moved ?? 0
}

/** Moves the tenant's expiry to the end of the months that have expired, up to the first one that has not. */
export async function moveExpiryOf(tx: Tx, tenantId: number): Promise<void> {
  await sql`
    insert into metric_expiry (tenant_id, before)
    select ${tenantId}::int, (max(month) + interval '1 month') at time zone 'UTC' from metric_month
    where state = 'expired'
      and month < coalesce((select min(month) from metric_month where state <> 'expired'), 'infinity')
    having max(month) is not null
    on conflict (tenant_id) do update set before = greatest(metric_expiry.before, excluded.before)`.execute(tx)
}

/** From the commit on points are written to the log, and no row of metric_point changes. */
export async function turnSwitch(tx: Tx): Promise<void> {
  await sql`update store_state set log_and_chunks = true`.execute(tx)
  await sql`
    create trigger rows_are_over before insert or update on ${sql.table(POINTS)} for each statement execute function refuse_rows()`.execute(
    tx,
  )
}
