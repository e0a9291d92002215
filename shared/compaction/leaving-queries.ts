// The statements that drop the partition of a month of chunks.

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

export interface LeavingMonth {
  readonly month: string
  readonly leaving: boolean
}

/** Returns the months with a partition of chunks, oldest first, without the required ones. */
export async function selectOtherMonths(tx: Tx, required: readonly string[]): Promise<readonly LeavingMonth[]> {
  const { rows } = await sql<LeavingMonth>`
    select month::text as month, leaving from chunk_month where not month = any(${[...required]}::date[]) order by month`.execute(
    tx,
  )
  return rows
}

/** Returns true when the month has no chunk in this transaction's snapshot. */
export async function isMonthEmpty(tx: Tx, month: string): Promise<boolean> {
  const { rows } = await sql<{ empty: boolean }>`
    select not exists (
      select from metric_chunk
      where last_ts >= ${month}::date::timestamp at time zone 'UTC'
        and last_ts < (${month}::date + interval '1 month') at time zone 'UTC'
    ) as empty`.execute(tx)
  return rows[0]?.empty ?? false
}

/** Sets or clears `leaving`. Setting it waits for every compaction that has read the month, and later ones see it. */
export async function setLeaving(tx: Tx, month: string, leaving: boolean): Promise<void> {
  await sql`update chunk_month set leaving = ${leaving}::boolean where month = ${month}::date`.execute(tx)
}

export async function deleteMonth(tx: Tx, month: string): Promise<void> {
  await sql`delete from chunk_month where month = ${month}::date and leaving`.execute(tx)
}

/**
 * Detaches the partition if it is attached, and drops it. Runs as the tables' owner, each statement in its own transaction; an
 * interrupted detach is finished first. Safe to repeat.
 */
export async function dropPartition(db: Kysely<Database>, table: string): Promise<void> {
  await sql`select set_config('lock_timeout', '30s', false), set_config('statement_timeout', '60s', false)`.execute(db)
  const { rows } = await sql<{ pending: boolean }>`
    select i.inhdetachpending as pending from pg_inherits i
    where i.inhparent = 'metric_chunk'::regclass and i.inhrelid = to_regclass(${table})`.execute(db)
  const [partition] = [sql.table(table)]
  if (rows[0]) {
    const how = rows[0].pending ? sql`finalize` : sql`concurrently`
    await sql`alter table metric_chunk detach partition ${partition} ${how}`.execute(db)
  }
  await sql`drop table if exists ${partition}`.execute(db)
}
