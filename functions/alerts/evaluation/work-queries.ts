// The statements that find what there is to evaluate.
import type { Micros } from '@penstock/shared/base/time.ts'
import { instant } from '@penstock/shared/database/sql-values.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A tenant with rules to evaluate, and the seconds that the one of them that has waited longest has waited. */
export interface TenantWork {
  readonly tenant_id: number
  readonly waited_s: number
}

/** Returns the active tenants that have rules to evaluate, those that have waited longest first. Needs no tenant. */
export async function selectWork(tx: Tx): Promise<readonly TenantWork[]> {
  const { rows } = await sql<TenantWork>`select tenant_id, waited_s from alert_work()`.execute(tx)
  return rows
}

/**
 * Returns rules of a tenant that were not evaluated since an instant, those that have waited longest first: enabled ones, and disabled ones
 * with an open event.
 */
export async function selectDueRules(
  tx: Tx,
  { tenantId, before }: { readonly tenantId: number; readonly before: Micros },
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from alert_rule r
    left join alert_state s on s.tenant_id = r.tenant_id and s.rule_id = r.id and s.group_key = ''
    where r.tenant_id = ${tenantId}::int and (s.evaluated_at is null or s.evaluated_at < ${instant(before)})
      and (r.enabled or exists (
        select from alert_state o where o.tenant_id = r.tenant_id and o.rule_id = r.id and o.event_id is not null))
    order by s.evaluated_at nulls first, r.id limit ${limit}::int`.execute(tx)
  return rows.map(({ id }) => id)
}
