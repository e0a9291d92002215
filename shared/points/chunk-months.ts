// The partitions of the chunks: one for each UTC month that has enough points.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { addMonths } from '../time.ts'

type Tx = Transaction<Database>

/** The role that owns the tables; it sees no row. */
const OWNER = sql.id('penstock_owner')

/** The name of a month's partition: `metric_chunk_2026_11`. */
export const chunkTable = (month: string): string => `metric_chunk_${month.slice(0, 7).replace('-', '_')}`

/** With its zone, so that it names the same instant in every session. */
const firstInstant = (month: string): string => `${month} 00:00:00+00`

/**
 * Makes a month's partition and says so in `chunk_month`; from the commit on compaction may fill it. Nothing waits for readers and writers for
 * longer than the attachment takes, which scans no row.
 * @returns false, and nothing is done, when the month has one.
 */
export async function makeChunkMonth(tx: Tx, month: string): Promise<boolean> {
  const made = await sql`insert into chunk_month (month) values (${month}::date) on conflict do nothing`.execute(tx)
  if (made.numAffectedRows === 0n) return false
  const table = sql.table(chunkTable(month))
  const [from, to] = [sql.lit(firstInstant(month)), sql.lit(firstInstant(addMonths(month, 1)))]
  await sql`set local role ${OWNER}`.execute(tx)
  // The check spares the scan for rows outside of the bounds.
  await sql`
    create table ${table} (
      like metric_chunk including all, constraint month_bounds check (last_ts >= ${from} and last_ts < ${to})
    )`.execute(tx)
  await sql`alter table ${table} enable row level security, force row level security`.execute(tx)
  await sql`alter table metric_chunk attach partition ${table} for values from (${from}) to (${to})`.execute(tx)
  await sql`alter table ${table} drop constraint month_bounds`.execute(tx)
  await sql`reset role`.execute(tx)
  return true
}
