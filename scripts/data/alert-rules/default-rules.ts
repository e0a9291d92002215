// The alert rules that watch the suite itself: rules of its own tenant, on the numbers that monitoring stores each minute.
import { AlertRuleCreate } from '@penstock/shared/alerts/rule-schema.ts'
import type { Client } from 'pg'
import { asAdmin } from '../../database/keys/key-store.ts'
import { SUITE_TENANT } from '../../database/suite-tenant.ts'

type Sent = Parameters<typeof AlertRuleCreate.parse>[0]

const above = (
  name: string,
  severity: 'warning' | 'critical',
  [service_name, metric_type, threshold_value]: readonly [string, string, number],
  more: object = {},
): Sent => ({
  name,
  service_name,
  metric_type,
  threshold_value,
  severity,
  threshold_type: 'absolute',
  comparison_operator: '>',
  // Two of the points of the small tier, which stores one each five minutes.
  evaluation_window_seconds: 600,
  notification_channels: ['email', 'slack', 'sms', 'webhook'],
  ...more,
})

const DAY_S = 86_400

/** The rules, each with a name of its own. */
export const defaultRules: readonly AlertRuleCreate[] = [
  above('Database CPU is high', 'warning', ['database', 'cpu_percentage', 70]),
  above('Database CPU is very high', 'critical', ['database', 'cpu_percentage', 80]),
  above('Database memory is high', 'warning', ['database', 'memory_percentage', 80]),
  above('Most connections are used', 'warning', ['database', 'connection_percentage', 80]),
  above('Nearly all connections are used', 'critical', ['database', 'connection_percentage', 90]),
  above('Statements are slow on average', 'warning', ['suite', 'average_query_time_ms', 100]),
  above('The slowest statements are slow', 'warning', ['suite', 'query_p95_ms', 200]),
  above('Requests fail', 'critical', ['suite', 'error_percentage', 1]),
  above('Many statements are slow', 'warning', ['suite', 'slow_query_percentage', 5]),
  above('There was a deadlock', 'warning', ['database', 'deadlocks', 1], {
    comparison_operator: '>=',
    aggregate: 'sum',
  }),
  above('Connections to the database fail', 'warning', ['suite', 'failed_connections', 10], {
    comparison_operator: '>=',
    aggregate: 'sum',
  }),
  above('More sessions than pools have', 'warning', ['suite', 'connection_pool_overflow', 1], {
    comparison_operator: '>=',
    for_seconds: 600,
  }),
  above('Retention has not run for two days', 'critical', ['jobs', 'job_age_s', 2 * DAY_S], {
    labels: { job: 'retention' },
    aggregate: 'last',
  }),
  above('No backup has been verified for eight days', 'critical', ['jobs', 'job_age_s', 8 * DAY_S], {
    labels: { job: 'backup' },
    aggregate: 'last',
  }),
].map((rule) => AlertRuleCreate.parse(rule))

/** The maker of these rules: neither a user nor a key. */
const MAKER = '00000000-0000-8000-8000-000000000001'

/**
 * Adds the default rules whose names the suite's own tenant does not have. Safe to repeat; a rule that was changed since is left as it is. Returns
 * the names of the added ones.
 * @throws {Error} when the tenant does not exist.
 */
export async function addDefaultRules(client: Client): Promise<readonly string[]> {
  return await asAdmin(client, async () => {
    const found = await client.query<{ id: number }>('select id from tenant where name = $1', [SUITE_TENANT])
    const tenant = found.rows[0]?.id
    if (tenant === undefined)
      throw new Error(`there is no tenant ${SUITE_TENANT}: monitoring has not stored anything yet`)
    await client.query(`select set_config('app.tenant_id', $1, true)`, [String(tenant)])
    const added: string[] = []
    for (const rule of defaultRules) {
      const { rowCount } = await client.query(
        `insert into alert_rule (tenant_id, name, service_name, metric_type, threshold_type, threshold_value, comparison_operator, severity,
           evaluation_window_seconds, notification_channels, aggregate, labels, for_seconds, created_by)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
         where not exists (select from alert_rule where tenant_id = $1 and name = $2)`,
        [
          tenant,
          rule.name,
          rule.service_name,
          rule.metric_type,
          rule.threshold_type,
          rule.threshold_value,
          rule.comparison_operator,
          rule.severity,
          rule.evaluation_window_seconds,
          rule.notification_channels,
          rule.aggregate,
          JSON.stringify(rule.labels),
          rule.for_seconds,
          MAKER,
        ],
      )
      if (rowCount === 1) added.push(rule.name)
    }
    return added
  })
}
