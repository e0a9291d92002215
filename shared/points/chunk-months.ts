// The partitions of the chunks: one for each UTC month that has enough points.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths } from '../base/time.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** The role that owns the tables of months; it sees no row. */
const OWNER = sql.id('penstock_months')

/** The partitioned table of the chunks. */
export const CHUNKS = 'metric_chunk'

/** Returns the name of a month's partition: `metric_chunk_2026_11`. */
export const chunkTable = (month: string): string => `${CHUNKS}_${month.slice(0, 7).replace('-', '_')}`

/** The zone is written out, so it names the same instant in every session. */
const firstInstant = (month: string): string => `${month} 00:00:00+00`

/**
 * Makes a month's partition and records it in `chunk_month`; after the commit compaction may fill it. Readers and writers wait no longer
 * than the attachment takes, which scans no row.
 * @returns false, and does nothing, when the month has one.
 */
export async function makeChunkMonth(tx: Tx, month: string): Promise<boolean> {
  const made = await sql`insert into chunk_month (month) values (${month}::date) on conflict do nothing`.execute(tx)
  if (made.numAffectedRows === 0n) return false
  const [from, to] = [sql.lit(firstInstant(month)), sql.lit(firstInstant(addMonths(month, 1)))]
  await attach(tx, 'metric_chunk', chunkTable(month), { column: 'last_ts', from, to })
  return true
}

/** Makes the partition of the roll-ups of a year. @returns false, and does nothing, when there is one. */
export async function makeHourYear(tx: Tx, year: number): Promise<boolean> {
  const table = `metric_hour_${year}`
  const { rows } = await sql<{ found: boolean }>`select to_regclass(${table}) is not null as found`.execute(tx)
  if (rows[0]?.found) return false
  const [from, to] = [sql.lit(firstInstant(`${year}-01-01`)), sql.lit(firstInstant(`${year + 1}-01-01`))]
  await attach(tx, 'metric_hour', table, { column: 'bucket', from, to })
  return true
}

interface Bounds {
  readonly column: 'last_ts' | 'bucket'
  readonly from: RawBuilder<unknown>
  readonly to: RawBuilder<unknown>
}

/** Makes a partition with row security and without grants, because it is accessed only through its parent. */
async function attach(
  tx: Tx,
  parent: 'metric_chunk' | 'metric_hour',
  name: string,
  { column, from, to }: Bounds,
): Promise<void> {
  const [table, of] = [sql.table(name), sql.table(parent)]
  await sql`set local role ${OWNER}`.execute(tx)
  // The check constraint avoids the scan for rows outside the bounds.
  await sql`
    create table ${table} (
      like ${of} including all, constraint bounds check (${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to})
    )`.execute(tx)
  await sql`alter table ${table} enable row level security, force row level security`.execute(tx)
  await sql`alter table ${of} attach partition ${table} for values from (${from}) to (${to})`.execute(tx)
  await sql`alter table ${table} drop constraint bounds`.execute(tx)
  await sql`reset role`.execute(tx)
}
