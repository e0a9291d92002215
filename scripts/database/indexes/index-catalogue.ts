// Reads the existing indexes from the catalogue and the statistics.
import type { Client } from 'pg'

export interface FoundIndex {
  readonly name: string
  readonly table: string
  /** True when the index is complete and used by queries. */
  readonly valid: boolean
  /** In the form `[UNIQUE ]USING …`. */
  readonly definition: string
  /** True for the index of a partitioned table. */
  readonly partitioned: boolean
  readonly constraint: string | null
  /** The partitioned table's index that it belongs to. */
  readonly parent: string | null
}

export interface IndexUsage {
  readonly name: string
  readonly table: string
  /** The sum over all its partitions' indexes. */
  readonly scans: string
  readonly size: string
  readonly state: 'valid' | 'invalid'
  readonly constraint: string | null
}

/** Returns the index of this name in our schema. */
export async function findIndex(client: Client, name: string): Promise<FoundIndex | undefined> {
  const { rows } = await client.query<FoundIndex>(
    `select c.relname as name, t.relname as table, i.indisvalid as valid, c.relkind = 'I' as partitioned,
       regexp_replace(pg_get_indexdef(c.oid), '^CREATE (UNIQUE )?INDEX \\S+ ON (ONLY )?\\S+ ', '\\1') as definition,
       (select k.conname from pg_constraint k where k.conindid = c.oid limit 1) as constraint,
       (select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = c.oid) as parent
     from pg_class c join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
     where c.relname = $1 and c.relnamespace = 'public'::regnamespace`,
    [name],
  )
  return rows[0]
}

/**
 * Returns every index by table; those of partitions are counted into their parent's. Scans are counted since the returned time, or since
 * the beginning.
 */
export async function listIndexes(
  client: Client,
): Promise<{ readonly since: string | null; readonly indexes: readonly IndexUsage[] }> {
  const { rows: indexes } = await client.query<IndexUsage>(
    `select c.relname as name, t.relname as table, case when i.indisvalid then 'valid' else 'invalid' end as state,
       (select k.conname from pg_constraint k where k.conindid = c.oid limit 1) as constraint,
       sum(coalesce(s.idx_scan, 0))::text as scans, pg_size_pretty(sum(pg_relation_size(part.oid))) as size
     from pg_class c join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
       cross join lateral (
         select c.oid union all select h.inhrelid from pg_inherits h where h.inhparent = c.oid) as part (oid)
       left join pg_stat_user_indexes s on s.indexrelid = part.oid
     where c.relnamespace = 'public'::regnamespace and not exists (select from pg_inherits h where h.inhrelid = c.oid)
     group by c.oid, c.relname, t.relname, i.indisvalid order by t.relname, c.relname`,
  )
  const { rows: resets } = await client.query<{ since: string | null }>(
    `select to_char(stats_reset, 'YYYY-MM-DD HH24:MI') as since from pg_stat_database where datname = current_database()`,
  )
  return { since: resets[0]?.since ?? null, indexes }
}
