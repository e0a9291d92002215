// The statements of a compaction on the log and on what is due. Times are microseconds since 1970.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { DAY, formatTimestamp, fromPostgres, type Micros, monthOf } from '../base/time.ts'
import { type BinaryRows, copyRows } from '../points/binary-rows.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** Points of a tenant's block and UTC day that are in the log; block -1 means rows with points of any block. */
export interface WaitingPoints {
  readonly tenantId: number
  readonly block: number
  /** The first instant of the day. */
  readonly day: Micros
  readonly points: number
  /** Points of rows that ended before the last full hour. */
  readonly settled: number
  /** The last change of the tenant's chunks of that day; null when there was none. */
  readonly compactedAt: Micros | null
}

/**
 * Returns what the log holds for months that have a partition, without tenants' months that an object holds or that have a recorded run: their
 * points stay in the log, over the object. It reads an index of the log and no points.
 */
export async function selectWaiting(tx: Tx, settledBefore: Micros): Promise<readonly WaitingPoints[]> {
  const { rows } = await sql<{
    tenant_id: number
    block: number
    day: string
    points: number
    settled: number
    compacted_at: string | null
  }>`
    with waiting as (
      select tenant_id, block, date_trunc('day', last_ts, 'UTC') as day, sum(n)::float8 as points,
        coalesce(sum(n) filter (where last_ts < ${instant(settledBefore)}), 0)::float8 as settled
      from metric_log group by 1, 2, 3
    )
    select w.tenant_id, w.block, w.day, w.points, w.settled, k.compacted_at
    from waiting w
    join chunk_month m on m.month = date_trunc('month', w.day at time zone 'UTC')::date and not m.leaving
    left join compaction_mark k on k.tenant_id = w.tenant_id and k.day = (w.day at time zone 'UTC')::date
    where not exists (select from archiving a where a.tenant_id = w.tenant_id and a.month = m.month)
      and not exists (
      select from archive o where o.dataset = 'metrics' and o.tenant_id = w.tenant_id and o.month = m.month and o.state = 'verified'
    )
    order by w.tenant_id, w.day, w.block`.execute(tx)
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    block: row.block,
    day: fromPostgres(row.day),
    points: row.points,
    settled: row.settled,
    compactedAt: row.compacted_at === null ? null : fromPostgres(row.compacted_at),
  }))
}

/**
 * Locks a tenant's chunks and roll-ups until the end of the transaction, so only one compaction of a tenant runs at a time. It is a
 * statement of its own, so later reads of the transaction are no older than the lock.
 */
export async function lockTenant(tx: Tx, tenantId: number): Promise<void> {
  await sql`insert into compaction_lock (tenant_id) values (${tenantId}::int) on conflict do nothing`.execute(tx)
  await sql`select from compaction_lock where tenant_id = ${tenantId}::int for update`.execute(tx)
}

/** Compaction may take the rows of the log below the gate, because no open transaction can still write an older one. */
export interface Gate {
  readonly era: number
  /** An xid8 as text. */
  readonly xid: string
}

export interface OpenedDay {
  readonly gate: Gate
  /** Points below it have expired; -Infinity when none have. */
  readonly expiredBefore: Micros
}

/**
 * Reads the gate, once for the whole transaction, and prevents the month's partition from being dropped until its end.
 * @returns undefined when the month has no partition, or one that is about to be dropped, and when an object holds the tenant's month or a
 * run is recorded for it.
 */
export async function openDay(tx: Tx, tenantId: number, day: Micros): Promise<OpenedDay | undefined> {
  const { rows } = await sql<{ leaving: boolean; era: number; xid: string; before: string | null }>`
    with month as (select leaving from chunk_month where month = ${monthOf(day)}::date for share)
    select month.leaving or exists (
        select from archiving where tenant_id = ${tenantId}::int and month = ${monthOf(day)}::date
      ) or exists (
        select from archive
        where dataset = 'metrics' and tenant_id = ${tenantId}::int and month = ${monthOf(day)}::date and state = 'verified'
      ) as leaving, s.era, pg_snapshot_xmin(pg_current_snapshot())::text as xid,
      (select before from metric_expiry where tenant_id = ${tenantId}::int) as before
    from month, store_state s`.execute(tx)
  const row = rows[0]
  if (!row || row.leaving) return undefined
  const expiredBefore = row.before === null ? Number.NEGATIVE_INFINITY : fromPostgres(row.before)
  return { gate: { era: row.era, xid: row.xid }, expiredBefore }
}

/** A tenant's UTC day, by its first instant. */
export interface TenantDay {
  readonly tenantId: number
  readonly day: Micros
}

/** Takes the rows of these blocks below the gate out of the log: block, era, xid, series, ts, value. */
export async function takeRows(
  tx: Tx,
  { tenantId, day }: TenantDay,
  gate: Gate,
  blocks: readonly number[],
): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    delete from metric_log
    where tenant_id = ${sql.lit(tenantId)} and block = any(${list(blocks)}::int[]) and ${within(day)}
      and (era, xid) < (${sql.lit(gate.era)}::smallint, ${sql.lit(gate.xid)}::xid8)
    returning block, era, xid, series, ts, value`,
  )
}

/**
 * Returns the place of the first row of a block below the gate that has at least `points` points of the block before it; undefined when
 * there is none.
 */
export async function selectPlaceAfter(
  tx: Tx,
  { tenantId, day }: TenantDay,
  gate: Gate,
  { block, points }: { readonly block: number; readonly points: number },
): Promise<Gate | undefined> {
  const { rows } = await sql<{ era: number; xid: string }>`
    select era, xid::text as xid from (
      select era, xid, sum(n) over (order by era, xid range between unbounded preceding and current row exclude group) as before
      from metric_log
      where tenant_id = ${tenantId}::int and block = ${block}::int and ${within(day)}
        and (era, xid) < (${gate.era}::smallint, ${gate.xid}::xid8)
    ) places
    where before >= ${points}::bigint order by era, xid limit 1`.execute(tx)
  return rows[0]
}

/** Returns the places, in the order of the rows, that blocks have in the log, by block. */
export async function selectPlaces(
  tx: Tx,
  { tenantId, day }: TenantDay,
  blocks: readonly number[],
): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select distinct block, era, xid from metric_log
    where tenant_id = ${sql.lit(tenantId)} and block = any(${list(blocks)}::int[]) and ${within(day)}
    order by block, era, xid`,
  )
}

/** Returns ids and blocks of those of these series that have a name: id, block. */
export async function selectNames(tx: Tx, tenantId: number, ids: ArrayLike<number>): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select s.id, s.block from metric_series s
    where s.tenant_id = ${sql.lit(tenantId)} and s.id = any(${list(ids)}::int[])`,
  )
}

const within = (day: Micros): RawBuilder<unknown> => sql`last_ts >= ${literal(day)} and last_ts < ${literal(day + DAY)}`

/** Formats an array of numbers in PostgreSQL's syntax. */
const list = (values: ArrayLike<number>): RawBuilder<unknown> => sql.lit(`{${Array.from(values).join(',')}}`)

const literal = (at: Micros): RawBuilder<unknown> => sql`${sql.lit(formatTimestamp(at))}::timestamptz`

const instant = (at: Micros): RawBuilder<unknown> => sql`${formatTimestamp(at)}::timestamptz`
