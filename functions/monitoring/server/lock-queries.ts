// The statements about locks that are waited for.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface WaitingRow {
  readonly pid: number
  readonly role: string
  readonly waits_ms: number
  readonly mode: string
  readonly relation: string | null
  readonly blocked_by: readonly {
    readonly pid: number
    readonly role: string
    readonly state: string
    readonly transaction_s: number | null
  }[]
}

export interface DeadlockRow {
  readonly deadlocks: number
  readonly since: string | null
}

/** Returns at most 100 sessions that wait for a lock, the longest wait first, each with the sessions that block it. */
export async function selectWaiting(tx: Transaction<Database>): Promise<readonly WaitingRow[]> {
  const { rows } = await sql<WaitingRow>`
    select a.pid, coalesce(a.usename::text, '') as role, l.mode, c.relname::text as relation,
      greatest(0, coalesce(extract(epoch from clock_timestamp() - l.waitstart) * 1000, 0))::float8 as waits_ms,
      coalesce((select json_agg(json_build_object('pid', b.pid, 'role', coalesce(b.usename::text, ''), 'state', coalesce(b.state, b.backend_type),
          'transaction_s', extract(epoch from clock_timestamp() - b.xact_start)::float8) order by b.xact_start)
        from pg_stat_activity b where b.pid = any (pg_blocking_pids(a.pid))), '[]') as blocked_by
    from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
      left join pg_class c on c.oid = l.relation and l.database = (select oid from pg_database where datname = current_database())
    where a.wait_event_type = 'Lock' and a.datname = current_database()
    order by waits_ms desc limit 100`.execute(tx)
  return rows
}

/** Returns the number of deadlocks since the statistics were reset. */
export async function selectDeadlocks(tx: Transaction<Database>): Promise<DeadlockRow> {
  const { rows } = await sql<DeadlockRow>`
    select deadlocks::float8 as deadlocks, stats_reset as since from pg_stat_database where datname = current_database()`.execute(
    tx,
  )
  return rows[0] ?? { deadlocks: 0, since: null }
}
