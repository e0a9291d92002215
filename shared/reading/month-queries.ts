// The statements that read the state of the months of a query.

import { sql, type Transaction } from 'kysely'
import { type Micros, monthOf } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { HOT } from '../schema/month-states.ts'

/** A month whose points have left the database, or are about to. */
export interface AwayMonth {
  /** Its first day. */
  readonly month: string
  /** True when its roll-ups are in the database, and then all of them are. */
  readonly hasRollups: boolean
  /** The tenant's object of that month; undefined when there is none, or none any more. */
  readonly object: ManifestRow | undefined
}

export interface ManifestRow {
  readonly name: string
  readonly generation: string
  readonly bytes: number
  readonly rows: number
}

/** The location of the points of a range. */
export interface MonthsOfRange {
  /** Oldest first. */
  readonly away: readonly AwayMonth[]
  /** When one of the other months was last made or reopened: only this shows that a month left and came back between two reads. */
  readonly liveSince: string | null
}

/** Returns the months between two instants, both inclusive. */
export async function selectMonths(
  tx: Transaction<Database>,
  { tenantId, from, to }: { readonly tenantId: number; readonly from: Micros; readonly to: Micros },
): Promise<MonthsOfRange> {
  const { rows } = await sql<MonthRow>`
    with touched as (
      select month, state, changed_at from metric_month where month >= ${monthOf(from)}::date and month <= ${monthOf(to)}::date
    )
    select live.since as "liveSince", m.month, exists (
      select from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'metric_rollup'::regclass and not i.inhdetachpending
        and c.relname = 'metric_rollup_' || to_char(m.month, 'YYYY_MM')
    ) as "hasRollups", a.name, a.generation::text, a.size_bytes::float8 as bytes, a.rows::float8
    from (select max(changed_at) as since from touched where state = 'live') live
    left join touched m on m.state <> all(${[...HOT]}::text[])
    left join archive a on a.tenant_id = ${tenantId}::int and a.dataset = 'metrics' and a.month = m.month
      and a.state = 'verified' and m.state <> 'expired'
    order by m.month
  `.execute(tx)
  return { away: rows.flatMap(toAwayMonth), liveSince: rows[0]?.liveSince ?? null }
}

type MonthRow = { readonly [K in keyof ManifestRow]: ManifestRow[K] | null } & {
  readonly liveSince: string | null
  /** Null in the single row of a range whose months are all in the database. */
  readonly month: string | null
  readonly hasRollups: boolean
}

function toAwayMonth({ month, hasRollups, name, generation, bytes, rows }: MonthRow): readonly AwayMonth[] {
  if (month === null) return []
  const hasObject = name !== null && generation !== null && bytes !== null && rows !== null
  return [{ month, hasRollups, object: hasObject ? { name, generation, bytes, rows } : undefined }]
}
