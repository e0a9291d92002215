// The statements that bring an archived month back.
import type { MonthRange } from '@penstock/shared/months/month-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/**
 * Makes the table that COPY writes to, because PostgreSQL refuses COPY into a table whose row security applies. It is gone after the
 * transaction.
 */
export async function createStaging(tx: Tx): Promise<void> {
  // Sized for sorting a month in memory, and for long pauses between statements while objects are read.
  await sql`select set_config('work_mem', '64MB', true), set_config('idle_in_transaction_session_timeout', '5min', true)`.execute(
    tx,
  )
  await sql`
    create temp table month_staging (tenant_id int not null, series_id int not null, ts timestamptz not null, value float8 not null)
    on commit drop`.execute(tx)
}

export const COPY_INTO_STAGING = 'copy month_staging (tenant_id, series_id, ts, value) from stdin (format binary)'

/** Moves the staged points into the month's table, in the order of time that its BRIN index needs. Returns the number of rows. */
export async function insertStaged(tx: Tx, table: string): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (tenant_id, series_id, ts, value)
    select tenant_id, series_id, ts, value from month_staging order by ts, series_id`.execute(tx)
  return Number(numAffectedRows)
}

/** Returns the ids of all series of a tenant by their identity in hexadecimal. */
export async function selectIdentities(tx: Tx, tenantId: number): Promise<Map<string, number>> {
  const { rows } = await sql<{ identity: string; id: number }>`
    select encode(identity_sha256, 'hex') as identity, id from metric_series where tenant_id = ${tenantId}::int`.execute(
    tx,
  )
  return new Map(rows.map(({ identity, id }) => [identity, id]))
}

/** Records that the month is live and was reopened now. */
export async function markReopened(tx: Tx, month: string): Promise<void> {
  await tx.updateTable('metric_month').set({ reopened_at: sql`clock_timestamp()` }).where('month', '=', month).execute()
}

/** Returns the archived months that points wait for, oldest first, without those that were reopened after `since` (RFC 3339). */
export async function selectMonthsToReopen(tx: Tx, since: string): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    select m.month from metric_month m
    where m.state = 'dropped' and (m.reopened_at is null or m.reopened_at <= ${since}::timestamptz)
      and exists (
        select from deferred_point p
        where p.ts >= m.month::timestamp at time zone 'UTC' and p.ts < (m.month + interval '1 month') at time zone 'UTC'
      )
    order by m.month`.execute(tx)
  return rows.map(({ month }) => month)
}

export interface LatePoint {
  readonly id: string
  readonly tenantId: number
  readonly identity: string
  /** In the form that PostgreSQL prints. */
  readonly ts: string
  readonly value: number
}

/** Returns the points that wait for a month in the order of their acceptance, at most `limit`. */
export async function selectLatePoints(tx: Tx, { from, to }: MonthRange, limit: number): Promise<LatePoint[]> {
  const { rows } = await sql<LatePoint>`
    select p.id, p.tenant_id as "tenantId", encode(s.identity_sha256, 'hex') as identity, p.ts, p.value
    from deferred_point p join metric_series s on s.id = p.series_id
    where p.ts >= ${from}::timestamptz and p.ts < ${to}::timestamptz
    order by p.id limit ${limit}::int`.execute(tx)
  return rows
}

/** Deletes these points, and none that arrived in the meantime. */
export async function deleteLatePoints(tx: Tx, points: readonly LatePoint[]): Promise<void> {
  await sql`delete from deferred_point where id = any(${`{${points.map(({ id }) => id).join(',')}}`}::bigint[])`.execute(
    tx,
  )
}
