// The series that an alert rule is about.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import type { AlertRuleCreate } from './rule-schema.ts'

/** Maximum series of one rule: a series with a point per second has 7,200 points in the two windows of an hour. */
export const MOST_SERIES = 500

/** The fields of a rule that choose its series. */
export type SelectingRule = Pick<AlertRuleCreate, 'service_name' | 'metric_type' | 'unit' | 'labels' | 'group_by'>

export interface RuleSeries {
  readonly id: number
  readonly block: number
  readonly unit: string
  /** The text of the label by which the rule groups; null when it is missing, and for a rule without groups. */
  readonly group: string | null
}

/** Returns the series that match a rule, by id, at most `limit`. */
export async function findRuleSeries(
  tx: Transaction<Database>,
  tenantId: number,
  rule: SelectingRule,
  limit: number,
): Promise<readonly RuleSeries[]> {
  const conditions = [
    sql`s.tenant_id = ${tenantId}::int`,
    sql`s.service_name = ${rule.service_name}::text`,
    sql`s.metric_type = ${rule.metric_type}::text`,
    ...(rule.unit === null ? [] : [sql`s.unit = ${rule.unit}::text`]),
    ...Object.entries(rule.labels).map(([name, value]) => sql`s.labels ->> ${name}::text = ${value}::text`),
  ]
  const { rows } = await sql<RuleSeries>`
    select s.id, s.block, s.unit, s.labels ->> ${rule.group_by}::text as "group"
    from metric_series s where ${sql.join(conditions, sql` and `)} order by s.id limit ${limit}::int`.execute(tx)
  return rows
}
