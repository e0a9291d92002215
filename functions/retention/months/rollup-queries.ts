// The statements that find roll-ups without points.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** Returns the expired months that ended by `cutoff` (RFC 3339) and still have a table of roll-ups, oldest first. */
export async function selectOutlived(tx: Transaction<Database>, cutoff: string): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    select month::text as month from metric_month
    where state = 'expired' and (month + interval '1 month') at time zone 'UTC' <= ${cutoff}::timestamptz
      and to_regclass('metric_rollup_' || to_char(month, 'YYYY_MM')) is not null
    order by month`.execute(tx)
  return rows.map(({ month }) => month)
}

/** Counts the roll-ups of a month. */
export async function countRollups(
  tx: Transaction<Database>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from metric_rollup
    where bucket >= ${from}::timestamptz and bucket < ${to}::timestamptz`.execute(tx)
  return rows[0]?.count ?? 0
}
