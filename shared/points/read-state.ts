// The state that an answer over a closed range of the log and chunks depends on.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { DAY, formatTimestamp, type Micros, monthOf } from '../base/time.ts'
import { instant } from '../database/sql-values.ts'
import type { Database } from '../schema/index.ts'

interface StateSpan {
  readonly tenantId: number
  /** Inclusive. */
  readonly from: Micros
  /** Inclusive. */
  readonly to: Micros
}

/**
 * Returns the state of a tenant's points between two instants (both inclusive) as text: as long as it stays the same, every answer about
 * the range stays the same. Undefined while a row of the log overlaps the range, because a write changes nothing but the
 * log.
 *
 * A state never returns after a change: compaction and archiving draw a new mark or generation. So an answer may be computed after its
 * state was read, in another snapshot; it is then at least as new as the state.
 */
export async function selectStoredState(tx: Transaction<Database>, span: StateSpan): Promise<string | undefined> {
  const { rows } = await storedState(span).execute(tx)
  return rows[0]?.state
}

/** Makes the statement of `selectStoredState`: one row with the state, or none. */
export const storedState = ({ tenantId, from, to }: StateSpan): RawBuilder<{ readonly state: string }> => sql`
    select json_build_array(
      s.era, (select before from metric_expiry where tenant_id = ${tenantId}::int), m.days, m.mark, m.random,
      (select json_agg(json_build_array(a.month, a.generation) order by a.month, a.generation) from archive a
       where a.tenant_id = ${tenantId}::int and a.dataset = 'metrics' and a.state = 'verified'
         and a.month between ${monthOf(from)}::date and ${monthOf(to)}::date)
    )::text as state
    from store_state s cross join (
      select count(*) as days, max(mark) as mark, (array_agg(random order by mark desc))[1] as random
      from compaction_mark
      where tenant_id = ${tenantId}::int and day between ${dayOf(from)}::date and ${dayOf(to)}::date
    ) m
    where not exists (
      select from metric_log
      where tenant_id::bigint = ${tenantId}::bigint and last_ts >= ${instant(from)} and last_ts < ${instant((Math.floor(to / DAY) + 1) * DAY)}
        and first_ts <= ${instant(to)}
    )`

const dayOf = (at: Micros): string => formatTimestamp(at).slice(0, 10)
