// The statements on tables, on the whole database, and on its replicas.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface TableRow {
  readonly table: string
  readonly size_bytes: number
  /** Bytes of the rows, without indexes. */
  readonly row_bytes: number
  readonly live_rows: number
  readonly dead_rows: number
  readonly last_autovacuum: string | null
  readonly oldest_xid_age: number
  readonly hits: number
  readonly reads: number
}

export interface DatabaseRow {
  readonly size_bytes: number
  readonly hits: number
  readonly reads: number
}

export interface ReplicaRow {
  readonly name: string
  readonly state: string
  readonly lag_s: number | null
  readonly lag_bytes: number | null
}

/** Returns the tables, partitions added up under the partitioned table, the largest first. */
export async function selectTables(tx: Transaction<Database>): Promise<readonly TableRow[]> {
  const { rows } = await sql<TableRow>`
    with each as (
      select coalesce(pg_partition_root(c.oid), c.oid) as root, c.oid as relid,
        case when c.relfrozenxid = '0' then 0 else age(c.relfrozenxid) end as xid_age
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    )
    select t.relname::text as table, sum(pg_total_relation_size(e.relid))::float8 as size_bytes,
      sum(pg_table_size(e.relid))::float8 as row_bytes, coalesce(sum(s.n_live_tup), 0)::float8 as live_rows,
      coalesce(sum(s.n_dead_tup), 0)::float8 as dead_rows, max(s.last_autovacuum) as last_autovacuum,
      greatest(0, max(e.xid_age))::float8 as oldest_xid_age,
      coalesce(sum(io.heap_blks_hit + coalesce(io.idx_blks_hit, 0)), 0)::float8 as hits,
      coalesce(sum(io.heap_blks_read + coalesce(io.idx_blks_read, 0)), 0)::float8 as reads
    from each e join pg_class t on t.oid = e.root left join pg_stat_user_tables s using (relid)
      left join pg_statio_user_tables io using (relid)
    group by t.relname order by size_bytes desc, t.relname limit 500`.execute(tx)
  return rows
}

/** Returns the size of the database, and the blocks that were read from its cache and from the disk. */
export async function selectDatabase(tx: Transaction<Database>): Promise<DatabaseRow> {
  const { rows } = await sql<DatabaseRow>`
    select pg_database_size(current_database())::float8 as size_bytes, blks_hit::float8 as hits, blks_read::float8 as reads
    from pg_stat_database where datname = current_database()`.execute(tx)
  return rows[0] ?? { size_bytes: 0, hits: 0, reads: 0 }
}

/** Returns true when the server is a replica itself. */
export async function selectIsReplica(tx: Transaction<Database>): Promise<boolean> {
  const { rows } = await sql<{ replica: boolean }>`select pg_is_in_recovery() as replica`.execute(tx)
  return rows[0]?.replica ?? false
}

/** Returns the replicas of a primary. */
export async function selectReplicas(tx: Transaction<Database>): Promise<readonly ReplicaRow[]> {
  const { rows } = await sql<ReplicaRow>`
    select application_name as name, coalesce(state, '') as state, extract(epoch from replay_lag)::float8 as lag_s,
      greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8 as lag_bytes
    from pg_stat_replication order by 1 limit 100`.execute(tx)
  return rows
}
