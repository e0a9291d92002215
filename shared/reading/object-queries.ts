// The objects that hold months of a tenant, under its log and chunks.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { monthOf } from '../base/time.ts'
import type { TimeRange } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'

/** An object that holds a month. */
export interface MonthUnder {
  readonly name: string
  readonly generation: string
  readonly bytes: number
  readonly rows: number
  /** First day. */
  readonly month: string
  /** Every hour of it that no row of the log touches has its roll-up in the database. */
  readonly isRolledUp: boolean
  /**
   * The content that is on its way to take the object's place: what it has in addition is in the log and chunks of the same snapshot. Null when
   * none is.
   */
  readonly next: { readonly bytes: number; readonly rows: number; readonly crc32c: string } | null
}

/**
 * The objects that hold months between two instants, both inside, oldest first; those of months that have expired are missing. In the snapshot
 * in which log, chunks and roll-ups are read.
 */
export async function selectMonthObjects(
  tx: Transaction<Database>,
  span: TimeRange & { readonly tenantId: number },
): Promise<readonly MonthUnder[]> {
  const { rows } = await monthObjects(span).execute(tx)
  return readMonthObjects(rows[0]?.objects)
}

/** Makes the statement of `selectMonthObjects`: one row, whose text `readMonthObjects` reads. */
export const monthObjects = ({
  tenantId,
  from,
  to,
}: TimeRange & { readonly tenantId: number }): RawBuilder<{ readonly objects: string | null }> => sql`
    select json_agg(json_build_object('name', a.name, 'generation', a.generation::text, 'bytes', a.size_bytes, 'rows', a.rows, 'month', a.month,
      'isRolledUp', a.rolled_up, 'next',
      case when n.run is not null then json_build_object('bytes', n.size_bytes, 'rows', n.rows, 'crc32c', n.crc32c) end
    ) order by a.month)::text as objects
    from archive a left join archive_next n on n.tenant_id = a.tenant_id and n.month = a.month
    where a.tenant_id = ${tenantId}::int and a.dataset = 'metrics' and a.state = 'verified'
      and a.month >= ${monthOf(from)}::date and a.month <= ${monthOf(to)}::date
      and not exists (
        select from metric_expiry e where e.tenant_id = a.tenant_id and e.before > a.month::timestamp at time zone 'UTC'
      )`

/** Reads the text of `monthObjects`; there is none without objects. */
export const readMonthObjects = (text: string | null | undefined): readonly MonthUnder[] =>
  text ? (JSON.parse(text) as readonly MonthUnder[]) : []
