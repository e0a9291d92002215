// The statements on one month: its state, and its deferred points.

import { sql, type Transaction } from 'kysely'
import { WRITE_LOCK } from '../base/locks.ts'
import { fromPostgres, type Micros } from '../base/time.ts'
import type { Database, MonthState } from '../schema/index.ts'

/** From the first instant of a month to that of the next one, exclusive: timestamptz literals with their zone. */
export interface MonthRange {
  readonly from: string
  readonly to: string
}

/** A month's state; undefined when it was never made. */
export async function selectMonthState(tx: Transaction<Database>, month: string): Promise<MonthState | undefined> {
  const row = await tx.selectFrom('metric_month').select('state').where('month', '=', month).executeTakeFirst()
  return row?.state
}

/**
 * To the end of the transaction, tables are read through their btrees. `deferred_point` is empty most of the time, so
 * what the planner believes of its size is wrong when it matters: it then sorts a whole backlog for each batch (of
 * 500,000 points, 1.7 s instead of 0.3 s for 20,000 of them).
 */
export async function readByIndex(tx: Transaction<Database>): Promise<void> {
  await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`.execute(tx)
}

/** How many points wait for a month, counted up to `most`. */
export async function countDeferred(tx: Transaction<Database>, range: MonthRange, most: number): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select count(*)::int as points
    from (select from deferred_point where ${inMonth(range)} limit ${most}::int) p`.execute(tx)
  return rows[0]?.points ?? 0
}

/**
 * Moves a month's deferred points into `target`, at most `limit` of them (null: all), and says how many rows left the
 * queue. A row is in exactly one of the two at any commit. By ts, then by order of acceptance: of one key the point
 * that was accepted earlier goes first or in the same piece, so the last accepted one stays, wherever a piece ends; and
 * the table lies on disk in the order of ts, which its BRIN needs.
 */
export async function storeDeferred(
  tx: Transaction<Database>,
  target: string,
  range: MonthRange,
  limit: number | null,
): Promise<number> {
  const { rows } = await sql<{ moved: number }>`
    with picked as (
      select id from deferred_point where ${inMonth(range)} order by ts, id limit ${limit}::int
    ), moved as (
      delete from deferred_point p using picked where p.id = picked.id returning p.*
    ), stored as (
      insert into ${sql.table(target)} (tenant_id, series_id, ts, value)
      select tenant_id, series_id, ts, value
      from (select distinct on (series_id, ts) * from moved order by series_id, ts, id desc) latest
      order by ts, series_id
      on conflict (series_id, ts) do update set value = excluded.value
    )
    select count(*)::int as moved from moved`.execute(tx)
  return rows[0]?.moved ?? 0
}

/**
 * Moves deferred points into a month that is live, at most `limit` of them, and says how many rows left the queue. What
 * is stored stays: a deferred point is older than one that was written directly. So the newest go first, and in the
 * order in which writers lock keys. The caller is a writer like any other: it holds the write lock shared and saw that
 * the month is live.
 */
export async function replayDeferred(tx: Transaction<Database>, range: MonthRange, limit: number): Promise<number> {
  const { rows } = await sql<{ moved: number }>`
    with picked as (
      select id from deferred_point where ${inMonth(range)} order by ts, id desc limit ${limit}::int
    ), moved as (
      delete from deferred_point p using picked where p.id = picked.id returning p.*
    ), stored as (
      insert into metric_point (tenant_id, series_id, ts, value)
      select distinct on (series_id, ts) tenant_id, series_id, ts, value from moved order by series_id, ts, id desc
      on conflict (series_id, ts) do nothing
      returning tenant_id, series_id, ts
    ), invalidated as (
      insert into rollup_invalidation (tenant_id, series_id, bucket)
      select distinct tenant_id, series_id, date_trunc('hour', ts, 'UTC') from stored
      where ts < (select fence from rollup_mark)
    )
    select count(*)::int as moved from moved`.execute(tx)
  return rows[0]?.moved ?? 0
}

/** Where roll-ups begin to rely on invalidations, as PostgreSQL's text. */
export async function selectFence(tx: Transaction<Database>): Promise<string> {
  return (await tx.selectFrom('rollup_mark').select('fence').executeTakeFirstOrThrow()).fence
}

/**
 * The mark below which every hour has its roll-ups, except the invalid ones; PostgreSQL's text. It only ever rises: read before the
 * roll-ups themselves, it promises less than there is.
 */
export async function selectWatermark(tx: Transaction<Database>): Promise<string> {
  return (await tx.selectFrom('rollup_mark').select('watermark').executeTakeFirstOrThrow()).watermark
}

/** A mark of the roll-ups as an instant: -Infinity for PostgreSQL's `-infinity`. */
export const instantOfMark = (mark: string): Micros =>
  mark === '-infinity' ? Number.NEGATIVE_INFINITY : fromPostgres(mark)

/**
 * Records each (series, hour) that `source` has in this month from `since` (inclusive) to `fence` (exclusive), both of
 * them marks.
 */
export async function invalidateHours(
  tx: Transaction<Database>,
  source: string,
  range: MonthRange,
  { since, fence }: { readonly since: string; readonly fence: string },
): Promise<void> {
  const first = sql`greatest(${range.from}::timestamptz, ${since}::timestamptz)`
  const end = sql`least(${range.to}::timestamptz, ${fence}::timestamptz)`
  // An empty range is found empty before the table is read: the write lock may be held.
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select distinct tenant_id, series_id, date_trunc('hour', ts, 'UTC') from ${sql.table(source)}
    where ts >= ${first} and ts < ${end} and ${first} < ${end}`.execute(tx)
}

/** From the commit on, writers store points of this month. False, and nothing is changed, when its state forbids it. */
export async function markLive(tx: Transaction<Database>, month: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('metric_month')
    .values({ month, state: 'live' })
    .onConflict((conflict) =>
      conflict
        .column('month')
        .doUpdateSet({ state: 'live', changed_at: sql`clock_timestamp()` })
        .where('metric_month.state', '=', 'live'),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Holds the write lock to the end of the transaction: writers store nothing meanwhile. After `waitMs` it gives up and
 * answers false, with the transaction as it was: whoever waits for this lock has every writer queue up behind it.
 */
export async function lockWritersOut(tx: Transaction<Database>, waitMs: number): Promise<boolean> {
  await sql`select set_config('lock_timeout', ${`${waitMs}ms`}, true)`.execute(tx)
  await sql`savepoint before_lock`.execute(tx)
  try {
    await sql`select pg_advisory_xact_lock(${WRITE_LOCK}::bigint)`.execute(tx)
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error
    await sql`rollback to savepoint before_lock`.execute(tx)
    return false
  }
  await sql`release savepoint before_lock`.execute(tx)
  return true
}

const LOCK_NOT_AVAILABLE = '55P03'

/** Holds the write lock as writers do. A statement of its own: what is read afterwards is no older than the lock. */
export async function lockAsWriter(tx: Transaction<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${WRITE_LOCK}::bigint)`.execute(tx)
}

/** The condition that `ts` is in a month. */
export const inMonth = ({ from, to }: MonthRange) => sql`ts >= ${from}::timestamptz and ts < ${to}::timestamptz`
