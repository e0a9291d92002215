// The statements on alert rules. Each one names the tenant, so that its index is used, and as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Insertable, type Selectable, sql, type Transaction, type Updateable } from 'kysely'

type Tx = Transaction<Database>

export type AlertRuleRow = Selectable<Database['alert_rule']>
export type NewAlertRule = Insertable<Database['alert_rule']>
export type AlertRuleUpdate = Updateable<Database['alert_rule']>

/** A rule, and what its latest evaluation left. */
export type ShownRule = AlertRuleRow & { readonly evaluated_at: string | null; readonly last_error: string | null }

/** The rules that a caller may see: those of the tenant, or only those of one owner. */
export interface RuleScope {
  readonly tenantId: number
  readonly owner: string | undefined
}

export async function insertRule(tx: Tx, rule: NewAlertRule): Promise<AlertRuleRow> {
  return await tx.insertInto('alert_rule').values(rule).returningAll().executeTakeFirstOrThrow()
}

export interface RulePageAsk {
  readonly serviceName: string | undefined
  readonly enabled: boolean | undefined
  readonly severity: AlertRuleRow['severity'] | undefined
  readonly offset: number
  readonly limit: number
}

/** Selects a page of rules, newest first, and the number of all that match. */
export async function selectRules(
  tx: Tx,
  scope: RuleScope,
  ask: RulePageAsk,
): Promise<{ readonly total: number; readonly rows: readonly ShownRule[] }> {
  const { serviceName, enabled, severity, offset, limit } = ask
  const matching = tx
    .selectFrom('alert_rule as r')
    .where('r.tenant_id', '=', scope.tenantId)
    .$if(scope.owner !== undefined, (query) => query.where('r.created_by', '=', scope.owner as string))
    .$if(serviceName !== undefined, (query) => query.where('r.service_name', '=', serviceName as string))
    .$if(enabled !== undefined, (query) => query.where('r.enabled', '=', enabled as boolean))
    .$if(severity !== undefined, (query) => query.where('r.severity', '=', severity as AlertRuleRow['severity']))
  const { total } = await matching.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()
  const rows = await matching
    .selectAll('r')
    .select([ofHead('evaluated_at'), ofHead('last_error')])
    .orderBy('r.created_at', 'desc')
    .orderBy('r.id', 'desc')
    .offset(offset)
    .limit(limit)
    .execute()
  return { total, rows }
}

export async function selectRule(tx: Tx, scope: RuleScope, id: string): Promise<ShownRule | undefined> {
  return await tx
    .selectFrom('alert_rule as r')
    .selectAll('r')
    .select([ofHead('evaluated_at'), ofHead('last_error')])
    .where('r.tenant_id', '=', scope.tenantId)
    .where('r.id', '=', id)
    .$if(scope.owner !== undefined, (query) => query.where('r.created_by', '=', scope.owner as string))
    .executeTakeFirst()
}

/** A column of the state of the rule as a whole. */
const ofHead = <Column extends 'evaluated_at' | 'last_error'>(column: Column) =>
  sql<string | null>`(
    select s.${sql.ref(column)} from alert_state s where s.tenant_id = r.tenant_id and s.rule_id = r.id and s.group_key = ''
  )`.as(column)

/** Locks a rule until the transaction ends. An evaluation runs concurrently with a change, but not with a removal. */
export async function lockRule(
  tx: Tx,
  scope: RuleScope,
  id: string,
  purpose: 'change' | 'removal',
): Promise<AlertRuleRow | undefined> {
  const query = tx
    .selectFrom('alert_rule')
    .selectAll()
    .where('tenant_id', '=', scope.tenantId)
    .where('id', '=', id)
    .$if(scope.owner !== undefined, (of) => of.where('created_by', '=', scope.owner as string))
  return await (purpose === 'change' ? query.forNoKeyUpdate() : query.forUpdate()).executeTakeFirst()
}

/** Changes a rule; its version grows, and its time of change is later than the one before. */
export async function updateRule(tx: Tx, tenantId: number, id: string, change: AlertRuleUpdate): Promise<void> {
  await tx
    .updateTable('alert_rule')
    .set({
      ...change,
      version: sql<number>`version + 1`,
      updated_at: sql<string>`greatest(clock_timestamp(), updated_at + interval '1 microsecond')`,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Deletes a rule with its states, its history and its notifications. */
export async function deleteRule(tx: Tx, tenantId: number, id: string): Promise<void> {
  await tx.deleteFrom('alert_rule').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}

/** Returns the ids of these channels that the tenant has. */
export async function existingChannels(tx: Tx, tenantId: number, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx
    .selectFrom('notification_channel')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ids)
    .execute()
  return new Set(rows.map(({ id }) => id))
}
