// The statements on pg_stat_statements, which an operator may have installed in any schema.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface CountedStatementRow {
  readonly id: string
  readonly role: string
  readonly text: string
  readonly calls: number
  readonly total_ms: number
  /** The share of the total time of all statements. */
  readonly share: number
  readonly since: string | null
}

/** Returns the schema that pg_stat_statements is installed in; undefined when it is not, or when the server does not load it. */
export async function selectStatisticsSchema(tx: Transaction<Database>): Promise<string | undefined> {
  const { rows } = await sql<{ schema: string }>`
    select n.nspname::text as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      join pg_settings s on s.name = 'shared_preload_libraries'
    where e.extname = 'pg_stat_statements' and s.setting like '%pg_stat_statements%'`.execute(tx)
  return rows[0]?.schema
}

/** Returns the statements with the most time since the statistics were reset. Their texts have no values. */
export async function selectCountedStatements(
  tx: Transaction<Database>,
  schema: string,
  limit: number,
): Promise<readonly CountedStatementRow[]> {
  const view = sql.id(schema, 'pg_stat_statements')
  const info = sql.id(schema, 'pg_stat_statements_info')
  const { rows } = await sql<CountedStatementRow>`
    select s.queryid::text as id, coalesce(r.rolname::text, '') as role, left(s.query, 500) as text, s.calls::float8 as calls,
      s.total_exec_time as total_ms, s.total_exec_time / greatest(sum(s.total_exec_time) over (), 1e-9) as share,
      (select stats_reset from ${info}) as since
    from ${view} s left join pg_roles r on r.oid = s.userid
    where s.dbid = (select oid from pg_database where datname = current_database()) and s.queryid is not null
    order by s.total_exec_time desc limit ${limit}::int`.execute(tx)
  return rows
}
