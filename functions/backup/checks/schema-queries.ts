// The statements about the schema of either side, and about the marker of the copy.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** Each object of the schema with its definition, and the migrations. */
export interface SchemaFacts {
  readonly migrations: readonly string[]
  readonly objects: ReadonlyMap<string, string>
}

/** Reads the migrations, and columns, constraints, indexes, policies, triggers and functions. Partitions are left out: they change over time. */
export async function selectSchema(tx: Tx): Promise<SchemaFacts> {
  const migrations = await sql<{ name: string }>`select name from schema_migration order by name`.execute(tx)
  const { rows } = await sql<{ object: string; definition: string }>`
    with ours as (
      select oid, relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
    )
    select format('column %s.%s', c.relname, a.attname) as object,
      concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) as definition
      from ours c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attnum > 0 and not a.attisdropped
    union all
    select format('constraint %s of %s', k.conname, c.relname), pg_get_constraintdef(k.oid) from ours c join pg_constraint k on k.conrelid = c.oid
    union all
    select format('index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid) from ours c join pg_index i on i.indrelid = c.oid
    union all
    select format('policy %s on %s', p.policyname, p.tablename), concat_ws(' ', p.cmd, p.qual, p.with_check)
      from pg_policies p where p.schemaname = 'public' and p.policyname not like 'all\_rows\_%'
    union all
    select format('trigger %s on %s', t.tgname, c.relname), pg_get_triggerdef(t.oid) from ours c join pg_trigger t on t.tgrelid = c.oid
      where not t.tgisinternal
    union all
    select format('function %s', p.oid::regprocedure), md5(pg_get_functiondef(p.oid)) from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
        and not exists (select from pg_depend e where e.objid = p.oid and e.deptype = 'e')`.execute(tx)
  return {
    migrations: migrations.rows.map(({ name }) => name),
    objects: new Map(rows.map(({ object, definition }) => [object, definition])),
  }
}

/** Asks nothing: for a connection that is only tried. */
export async function selectNothing(tx: Tx): Promise<void> {
  await sql`select`.execute(tx)
}

export interface Marker {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly horizon: string
}

/** Returns the marker; undefined when the backup is older than the first one. */
export async function selectMarker(tx: Tx): Promise<Marker | undefined> {
  const { rows } = await sql<Marker>`
    select (extract(epoch from at) * 1000)::float8 as at, horizon::text from backup_marker`.execute(tx)
  return rows[0]
}
