// The statements that delete rows which nothing needs any more.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** Tables whose rows are deleted by age alone. */
export type AgingTable = 'idempotency_key' | 'dead_letter' | 'job_run'

/** Deletes at most `limit` rows that are older than the cutoff (RFC 3339). Returns their number. */
export async function deleteOld(
  tx: Transaction<Database>,
  table: AgingTable,
  { cutoff, limit }: { readonly cutoff: string; readonly limit: number },
): Promise<number> {
  // The row is identified by its physical position (ctid), so a row that is updated in between is not deleted.
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ctid = any (array(
      select ctid from ${sql.table(table)} where ${isOld(table, cutoff)} order by ${ORDER[table]} limit ${limit}::int
    ))`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/** Counts the rows that are older than the cutoff. */
export async function countOld(tx: Transaction<Database>, table: AgingTable, cutoff: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from ${sql.table(table)} where ${isOld(table, cutoff)}`.execute(tx)
  return rows[0]?.count ?? 0
}

const ORDER = { idempotency_key: sql.ref('expires_at'), dead_letter: sql.ref('id'), job_run: sql.ref('id') }

function isOld(table: AgingTable, cutoff: string) {
  switch (table) {
    case 'idempotency_key':
      return sql`expires_at < ${cutoff}::timestamptz`
    case 'dead_letter':
      return sql`received_at < ${cutoff}::timestamptz`
    case 'job_run':
      // The newest success of each job is retained, because the job's age is computed from it.
      return sql`finished_at < ${cutoff}::timestamptz and id not in (
        select max(id) from job_run where outcome = 'success' group by job
      )`
  }
}
