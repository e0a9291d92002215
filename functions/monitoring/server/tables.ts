// The tables of the database, and its replicas.
import { toWire } from '@penstock/shared/base/time.ts'
import type { ReplicationAnswer, Table, TablesAnswer } from '../contract.ts'
import type { DatabaseRow, ReplicaRow, TableRow } from './table-queries.ts'

/** Lists the tables with their dead rows, age and cache hits. */
export const tablesOf = (rows: readonly TableRow[], database: DatabaseRow): TablesAnswer => ({
  tables: rows.map(toTable),
  cache_hit_ratio: ratioOf(database),
})

/** Describes the server. Only a primary knows its replicas. */
export const replicationOf = (isReplica: boolean, replicas: readonly ReplicaRow[]): ReplicationAnswer => ({
  role: isReplica ? 'replica' : 'primary',
  replicas: replicas.map(({ name, state, lag_s, lag_bytes }) => ({
    name,
    state,
    replay_lag_s: lag_s,
    replay_lag_bytes: lag_bytes,
  })),
})

/** Returns the share of blocks that were in the cache; null when none was read. */
export const ratioOf = ({ hits, reads }: Pick<DatabaseRow, 'hits' | 'reads'>): number | null =>
  hits + reads > 0 ? hits / (hits + reads) : null

function toTable(row: TableRow): Table {
  const deadShare = row.live_rows + row.dead_rows > 0 ? row.dead_rows / (row.live_rows + row.dead_rows) : 0
  return {
    table: row.table,
    size_bytes: row.size_bytes,
    live_rows: row.live_rows,
    dead_rows: row.dead_rows,
    dead_share: deadShare,
    bloat_bytes_estimate: Math.round(row.row_bytes * deadShare),
    last_autovacuum: row.last_autovacuum === null ? null : toWire(row.last_autovacuum),
    oldest_xid_age: row.oldest_xid_age,
    cache_hit_ratio: ratioOf(row),
  }
}
