// The statements of the partitions job on the log.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/**
 * Returns the months without a partition of chunks that have more points than this in the log, oldest first. It reads an index of the log
 * and no points.
 */
export async function selectCrowdedMonths(tx: Transaction<Database>, points: number): Promise<readonly string[]> {
  const { rows } = await sql<{ month: string }>`
    select month from (
      select date_trunc('month', last_ts at time zone 'UTC')::date as month, sum(n) as points from metric_log group by 1
    ) logged
    where points > ${points}::int and not exists (select from chunk_month c where c.month = logged.month)
    order by month`.execute(tx)
  return rows.map(({ month }) => month)
}

/** Returns the months that are recorded to have a partition of chunks; true for one that is about to be dropped. */
export async function selectChunkMonths(tx: Transaction<Database>): Promise<Map<string, boolean>> {
  const { rows } = await sql<{ month: string; leaving: boolean }>`
    select month::text as month, leaving from chunk_month`.execute(tx)
  return new Map(rows.map(({ month, leaving }) => [month, leaving]))
}
