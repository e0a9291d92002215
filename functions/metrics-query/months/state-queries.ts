// The statement that reads the state on which answers over a closed range depend.

import { formatTimestamp, type Micros, monthOf } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/**
 * Returns the state of a tenant's data between two instants, as text: two equal states guarantee that nothing committed between them
 * changes an answer. Undefined when there is no reliable state: the range has not ended, or late points have arrived whose hours were not
 * computed again.
 */
export async function selectState(
  tx: Transaction<Database>,
  { tenantId, from, to }: { readonly tenantId: number; readonly from: Micros; readonly to: Micros },
): Promise<string | undefined> {
  const [first, last] = [sql`${formatTimestamp(from)}::timestamptz`, sql`${formatTimestamp(to)}::timestamptz`]
  const { rows } = await sql<{ state: string }>`
    select json_build_array((select version from answer_version where tenant_id = ${tenantId}::int), (
      select json_agg(json_build_array(m.month, m.state, m.changed_at, a.name, a.generation, exists (
        select from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'metric_rollup'::regclass and not i.inhdetachpending
          and c.relname = 'metric_rollup_' || to_char(m.month, 'YYYY_MM')
      )) order by m.month)
      from metric_month m
      left join archive a on a.tenant_id = ${tenantId}::int and a.dataset = 'metrics' and a.month = m.month and a.state = 'verified'
      where m.month >= ${monthOf(from)}::date and m.month <= ${monthOf(to)}::date
    ))::text as state
    from rollup_mark
    where watermark > ${last} and not exists (
      select from rollup_invalidation
      where tenant_id::bigint = ${tenantId}::bigint and bucket > ${first} - interval '1 hour' and bucket <= ${last}
    )`.execute(tx)
  return rows[0]?.state
}
