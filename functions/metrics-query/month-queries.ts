// What reads of points ask about the months that they are in.
import type { Database, MonthState } from '@penstock/shared/schema/index.ts'
import { HOT } from '@penstock/shared/schema/month-states.ts'
import { fromPostgres, type Micros, monthOf } from '@penstock/shared/time.ts'
import { sql, type Transaction } from 'kysely'

/** A month whose points have left the database, or are about to. */
export interface AwayMonth {
  /** Its first day. */
  readonly month: string
  readonly state: MonthState
}

/** Which months between two instants are away, oldest first. */
export async function selectAwayMonths(
  tx: Transaction<Database>,
  from: Micros,
  to: Micros,
): Promise<readonly AwayMonth[]> {
  return await tx
    .selectFrom('metric_month')
    .select(['month', 'state'])
    .where('month', '>=', monthOf(from))
    .where('month', '<=', monthOf(to))
    .where('state', 'not in', HOT)
    .orderBy('month')
    .execute()
}

/**
 * Below it every hour has its roll-ups, but for those that are invalid. It only ever rises: read before what it is about, it
 * promises less than there is.
 */
export async function selectWatermark(tx: Transaction<Database>): Promise<Micros> {
  const { rows } = await sql<{ watermark: string }>`select watermark from rollup_mark`.execute(tx)
  const text = rows[0]?.watermark ?? '-infinity'
  return text === '-infinity' ? Number.NEGATIVE_INFINITY : fromPostgres(text)
}
