// The statements on one month: its state, and its deferred points.

import { sql, type Transaction } from 'kysely'
import { WRITE_LOCK } from '../base/locks.ts'
import { fromPostgres, type Micros } from '../base/time.ts'
import type { Database, MonthState } from '../schema/index.ts'

/** A month from its first instant to that of the next one (exclusive), as timestamptz literals with their zone. */
export interface MonthRange {
  readonly from: string
  readonly to: string
}

/** Returns a month's state; undefined when it was never made. */
export async function selectMonthState(tx: Transaction<Database>, month: string): Promise<MonthState | undefined> {
  const row = await tx.selectFrom('metric_month').select('state').where('month', '=', month).executeTakeFirst()
  return row?.state
}

/**
 * Makes the rest of the transaction read tables through their B-tree indexes. `deferred_point` is usually empty, so the planner's
 * estimate of its size is wrong when it matters, and it sorts a whole backlog for each batch (of 500,000 points, 1.7 s instead of 0.3 s
 * for 20,000 of them).
 */
export async function readByIndex(tx: Transaction<Database>): Promise<void> {
  await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`.execute(tx)
}

/** Counts the points that wait for a month, up to `most`. */
export async function countDeferred(tx: Transaction<Database>, range: MonthRange, most: number): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select count(*)::int as points
    from (select from deferred_point where ${inMonth(range)} limit ${most}::int) p`.execute(tx)
  return rows[0]?.points ?? 0
}

/**
 * Moves a month's deferred points into `target`, at most `limit` of them (null: all), and returns the number of rows that left the queue.
 * At any commit a row is in exactly one of the two.
 *
 * Points are moved by ts, then by acceptance, so of two points with one key the last accepted one remains, wherever a batch ends, and the
 * table lies on disk in the order of ts, which its BRIN index needs.
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
 * Moves deferred points into a live month, at most `limit` of them, and returns the number of rows that left the queue. A stored point
 * remains, because it is newer than a deferred one. The newest are inserted first, in the order in which writers lock keys.
 *
 * The caller must hold the write lock shared, like any writer, and have seen that the month is live.
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

/** Returns the fence: the instant below which roll-ups rely on invalidations, as PostgreSQL's text. */
export async function selectFence(tx: Transaction<Database>): Promise<string> {
  return (await tx.selectFrom('rollup_mark').select('fence').executeTakeFirstOrThrow()).fence
}

/**
 * Returns the watermark, below which every hour has its roll-ups except the invalid ones, as PostgreSQL's text. It only increases, so
 * reading it before the roll-ups is safe.
 */
export async function selectWatermark(tx: Transaction<Database>): Promise<string> {
  return (await tx.selectFrom('rollup_mark').select('watermark').executeTakeFirstOrThrow()).watermark
}

/** Turns a mark of the roll-ups into an instant: -Infinity for PostgreSQL's `-infinity`. */
export const instantOfMark = (mark: string): Micros =>
  mark === '-infinity' ? Number.NEGATIVE_INFINITY : fromPostgres(mark)

/** Records each (series, hour) that `source` has in this month from the mark `since` (inclusive) to the mark `fence` (exclusive). */
export async function invalidateHours(
  tx: Transaction<Database>,
  source: string,
  range: MonthRange,
  { since, fence }: { readonly since: string; readonly fence: string },
): Promise<void> {
  const first = sql`greatest(${range.from}::timestamptz, ${since}::timestamptz)`
  const end = sql`least(${range.to}::timestamptz, ${fence}::timestamptz)`
  // The statement finds an empty range before it reads the table, because the write lock may be held.
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select distinct tenant_id, series_id, date_trunc('hour', ts, 'UTC') from ${sql.table(source)}
    where ts >= ${first} and ts < ${end} and ${first} < ${end}`.execute(tx)
}

/** Marks a month as live: after the commit, writers store its points. Returns false and changes nothing when its state forbids that. */
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
 * Holds the write lock until the end of the transaction: writers store nothing in the meantime. After `waitMs` it gives up, returns false
 * and leaves the transaction as it was, because every writer queues behind a waiting request for this lock.
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

/** Holds the write lock like writers do. It is a statement of its own, so later reads are no older than the lock. */
export async function lockAsWriter(tx: Transaction<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${WRITE_LOCK}::bigint)`.execute(tx)
}

/** The condition that `ts` is in a month. */
export const inMonth = ({ from, to }: MonthRange) => sql`ts >= ${from}::timestamptz and ts < ${to}::timestamptz`
