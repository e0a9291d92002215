// The statements that delete rows which nothing needs any more.
import type { agingTables } from '@penstock/shared/schema/aging.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** A table whose rows are deleted by age alone. */
export type AgingTable = (typeof agingTables)[number]

/** Deletes at most `limit` rows that are older than the cutoff (RFC 3339). Returns their number. */
export async function deleteOld(
  tx: Transaction<Database>,
  table: AgingTable,
  { cutoff, limit }: { readonly cutoff: string; readonly limit: number },
): Promise<number> {
  // The row is identified by its physical position (ctid), so a row that is updated in between is not deleted.
  const name = sql.table(table.table)
  const { numAffectedRows } = await sql`
    delete from ${name} where ctid = any (array(
      select ctid from ${name} where ${isOld(table, cutoff)} order by ${sql.ref(table.order)} limit ${limit}::int
    ))`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/** Says that the rows which the transaction deletes leave by a run, which is recorded as a whole. */
export async function beginRun(tx: Transaction<Database>): Promise<void> {
  await sql`select set_config('app.run', 'retention.run', true)`.execute(tx)
}

/** Records that entries of seals that ended before the cutoff (RFC 3339) may be gone. */
export async function moveKeptFrom(tx: Transaction<Database>, cutoff: string): Promise<void> {
  await sql`update audit_kept set from_at = ${cutoff}::timestamptz where from_at < ${cutoff}::timestamptz`.execute(tx)
}

/** Counts the rows that are older than the cutoff. */
export async function countOld(tx: Transaction<Database>, table: AgingTable, cutoff: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from ${sql.table(table.table)} where ${isOld(table, cutoff)}`.execute(tx)
  return rows[0]?.count ?? 0
}

function isOld({ table, by }: AgingTable, cutoff: string) {
  const old = sql`${sql.ref(by)} < ${cutoff}::timestamptz`
  if (table !== 'job_run') return old
  // The newest success of each job is retained, because the job's age is computed from it.
  return sql`${old} and id not in (select max(id) from job_run where outcome = 'success' group by job)`
}
