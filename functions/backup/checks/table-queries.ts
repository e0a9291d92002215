// The statements that compare tables of the suite with those of its restored copy. Each runs on one side, and takes hashes from the other.
//
// A row that has not been written since the marker of the copy has the same content there, in the same place of the same block: a restore copies
// the files of the server. `xmin` says which transaction wrote a row, so the rows of the suite that the copy must have are those with an xmin
// before the horizon of the marker.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface TableFacts {
  readonly name: string
  /** Estimated number of rows. */
  readonly rows: number
  readonly columns: readonly string[]
}

/** Lists the tables that this role may read, without partitions, with their columns in alphabetical order. */
export async function selectTables(tx: Tx): Promise<readonly TableFacts[]> {
  const { rows } = await sql<TableFacts>`
    select c.relname as name,
      (select coalesce(sum(greatest(p.reltuples, 0)), 0)::float8 from pg_partition_tree(c.oid) t join pg_class p on p.oid = t.relid where t.isleaf)
        + case when c.relkind = 'r' then greatest(c.reltuples, 0)::float8 else 0 end as rows,
      (select array_agg(a.attname::text order by a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and has_table_privilege(c.oid, 'select')
    order by c.relname`.execute(tx)
  return rows
}

/** The part of a table that is compared. */
export interface Part {
  readonly table: string
  readonly columns: readonly string[]
  /** One block in so many is compared. */
  readonly sample: number
  /** The remainder of the numbers of these blocks. */
  readonly phase: number
  /** At most so many rows. */
  readonly limit: number
  /** The rows that cannot have changed since the backup. */
  readonly of: RawBuilder<boolean>
}

/** The rows that were written before the horizon of a marker. */
export const writtenBefore = (horizon: string): RawBuilder<boolean> =>
  sql<boolean>`age(t.xmin) > age(${horizon}::xid8::xid)`

/** Returns a hash of each row of a part, as decimal numbers. */
export async function selectHashes(tx: Tx, part: Part): Promise<readonly string[]> {
  const { rows } = await sql<{ h: string }>`
    select ${hashOf(part)}::text as h from ${sql.table(part.table)} as t
    where ${part.of} and ${sampled(part)} limit ${part.limit}::int`.execute(tx)
  return rows.map(({ h }) => h)
}

/** Returns how many of these hashes belong to no row of this side. */
export async function countMissing(tx: Tx, part: Part, hashes: readonly string[]): Promise<number> {
  const { rows } = await sql<{ missing: number }>`
    with here as materialized (
      select ${hashOf(part)} as h from ${sql.table(part.table)} as t where ${sampled(part)}
    )
    select count(*)::int as missing from unnest(${[...hashes]}::bigint[]) as wanted (h)
    where not exists (select from here where here.h = wanted.h)`.execute(tx)
  return rows[0]?.missing ?? 0
}

/** 64 bits of the MD5 of a row's text. Both sides have the session settings that decide how a value is written. */
const hashOf = ({ columns }: Part): RawBuilder<string> =>
  sql<string>`('x' || left(md5(row(${sql.join(columns.map((name) => sql.ref(`t.${name}`)))})::text), 16))::bit(64)::bigint`

const sampled = ({ sample, phase }: Part): RawBuilder<boolean> =>
  sample === 1
    ? sql<boolean>`true`
    : sql<boolean>`(t.ctid::text::point)[0]::bigint % ${sample}::bigint = ${phase}::bigint`

// The tables whose rows are never changed, and removed only by their great age. They are compared in both directions: the suite may not lack a row
// that the copy has.

/** Retention removes runs of jobs after hundreds of days; a shorter setting than this one would be a mistake. */
const recent = sql<boolean>`t.finished_at > now() - interval '7 days'`

/** By table, the rows of the copy that the suite must still have; `t` is the table. A table that this database does not have is not compared. */
const permanentRows: Readonly<Record<string, RawBuilder<boolean>>> = {
  audit_seal: sql<boolean>`t.sealed_at > now() - interval '30 days'`,
  backup_run: recent,
  // A run that failed may be opened again.
  job_run: sql<boolean>`(${recent} and t.outcome = 'success')`,
  schema_migration: sql<boolean>`true`,
}

/** The rows of a table that were written before a horizon and must still be there; undefined for a table whose rows may go. */
export function permanentBefore(table: string, horizon: string): RawBuilder<boolean> | undefined {
  const rows = permanentRows[table]
  return rows && sql<boolean>`(${rows} and ${writtenBefore(horizon)})`
}
