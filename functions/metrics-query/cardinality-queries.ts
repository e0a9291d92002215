// The statements that count series.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

interface MetricCount {
  readonly service_name: string
  readonly metric_type: string
  readonly series: number
}

interface LabelCount {
  readonly label: string
  readonly values: number
  readonly series: number
}

interface Scope {
  readonly tenantId: number
  /** Null: every service. */
  readonly service: string | null
  readonly limit: number
}

type Tx = Transaction<Database>

const matching = ({ tenantId, service }: Scope) =>
  sql`s.tenant_id = ${tenantId}::int and s.active and (${service}::text is null or s.service_name = ${service}::text)`

export async function countSeries(tx: Tx, scope: Scope): Promise<number> {
  const { rows } = await sql<{ series: number }>`
    select count(*)::int as series from metric_series s where ${matching(scope)}`.execute(tx)
  return rows[0]?.series ?? 0
}

export async function countByMetric(tx: Tx, scope: Scope): Promise<MetricCount[]> {
  const { rows } = await sql<MetricCount>`
    select s.service_name, s.metric_type, count(*)::int as series from metric_series s where ${matching(scope)}
    group by 1, 2 order by 3 desc, 1, 2 limit ${scope.limit}::int`.execute(tx)
  return rows
}

export async function countByLabel(tx: Tx, scope: Scope): Promise<LabelCount[]> {
  const { rows } = await sql<LabelCount>`
    select l.key as label, count(distinct l.value)::int as values, count(*)::int as series
    from metric_series s cross join jsonb_each_text(s.labels) l where ${matching(scope)}
    group by 1 order by 2 desc, 3 desc, 1 limit ${scope.limit}::int`.execute(tx)
  return rows
}

export async function countByValue(
  tx: Tx,
  scope: Scope,
  label: string,
): Promise<readonly { readonly value: string | null; readonly series: number }[]> {
  const { rows } = await sql<{ value: string | null; series: number }>`
    select s.labels ->> ${label}::text as value, count(*)::int as series
    from metric_series s where ${matching(scope)} and s.labels ? ${label}::text
    group by 1 order by 2 desc, 1 limit ${scope.limit}::int`.execute(tx)
  return rows
}
