// The statements about indexes and their use.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface IndexRow {
  readonly table: string
  readonly index: string
  readonly size_bytes: number
  readonly scans: number
  readonly valid: boolean
  readonly unique: boolean
  /** Instant at which monitoring last observed that its number of scans had changed. */
  readonly changed_at: string | null
}

/** Returns the indexes of all tables, those of partitions added up under the index of the partitioned table, the largest first. */
export async function selectIndexes(tx: Transaction<Database>): Promise<readonly IndexRow[]> {
  const { rows } = await sql<IndexRow>`
    with each as (
      select coalesce(pg_partition_root(i.indexrelid), i.indexrelid) as root, i.indexrelid, i.indisvalid, i.indisunique
      from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace
    ), added as (
      select root, sum(pg_relation_size(indexrelid))::float8 as size_bytes, bool_and(indisvalid) as valid,
        bool_and(indisunique) as unique, coalesce(sum(s.idx_scan), 0)::float8 as scans
      from each left join pg_stat_user_indexes s using (indexrelid) group by root
    )
    select t.relname::text as table, x.relname::text as index, a.size_bytes, a.scans, a.valid, a.unique, u.changed_at
    from added a join pg_index i on i.indexrelid = a.root join pg_class x on x.oid = a.root join pg_class t on t.oid = i.indrelid
      left join index_use u on u.index = x.relname
    order by a.size_bytes desc, x.relname limit 1000`.execute(tx)
  return rows
}

/** Remembers the number of scans of each index, and that it has changed where it has. Forgets indexes that are gone. */
export async function putIndexUse(
  tx: Transaction<Database>,
  indexes: readonly Pick<IndexRow, 'index' | 'scans'>[],
): Promise<void> {
  await sql`
    insert into index_use (index, scans, changed_at)
    select index, scans, now() from unnest(${indexes.map(({ index }) => index)}::text[], ${indexes.map(({ scans }) => scans)}::bigint[]) as t (index, scans)
    on conflict (index) do update set scans = excluded.scans, changed_at = excluded.changed_at
      where index_use.scans <> excluded.scans`.execute(tx)
  await sql`delete from index_use where index <> all (${indexes.map(({ index }) => index)}::text[])`.execute(tx)
}
