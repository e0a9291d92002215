// Finds the months that exist and those with deferred points. Statements on one month are in shared/months/month-queries.ts.
import type { Database, MonthState } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/**
 * Returns the months that have deferred points, oldest first, at most 1,000. Each costs one probe of an index, however many points there
 * are.
 */
export async function selectDeferredMonths(tx: Transaction<Database>): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`
    with recursive waiting (start) as (
      select date_trunc('month', min(ts), 'UTC') from deferred_point
      union all
      select (
        select date_trunc('month', min(p.ts), 'UTC') from deferred_point p
        where p.ts >= (waiting.start at time zone 'UTC' + interval '1 month') at time zone 'UTC'
      ) from waiting where waiting.start is not null
    )
    select (start at time zone 'UTC')::date as month from waiting where start is not null limit 1000`.execute(tx)
  return rows.map((row) => row.month)
}

/** Returns the state of every month that was ever made. */
export async function selectMonthStates(tx: Transaction<Database>): Promise<Map<string, MonthState>> {
  const rows = await tx.selectFrom('metric_month').select(['month', 'state']).execute()
  return new Map(rows.map((row) => [row.month, row.state]))
}
