// Describes a schema from the catalogue: the content of migrations/schema.sql, with which a database is compared.
import type { Client } from 'pg'

const HEADER = `-- What the migrations come to. Made by \`npm run schema\`; a test compares it with a migrated database.
-- Roles, grants and the policies of maintenance roles are not here: they follow from shared/connection-budget.json.
`

/** A schema as statements in a fixed order, by kind of object. */
export interface SchemaStatements {
  readonly tables: readonly string[]
  readonly indexes: readonly string[]
  readonly policies: readonly string[]
  readonly views: readonly string[]
  readonly functions: readonly string[]
  readonly triggers: readonly string[]
}

/** Returns a database's schema as statements. Partitions are omitted, because they change over time. */
export async function readSchema(client: Client): Promise<SchemaStatements> {
  return {
    tables: await texts(client, TABLES),
    indexes: await texts(client, INDEXES),
    policies: await texts(client, POLICIES),
    views: await texts(client, VIEWS),
    functions: await texts(client, FUNCTIONS),
    triggers: await texts(client, TRIGGERS),
  }
}

/**
 * Returns a database's tables, their indexes, row security, views, functions and triggers, as SQL in a fixed order. Partitions are
 * omitted, because they change over time.
 */
export async function describeSchema(client: Client): Promise<string> {
  const { tables, indexes, policies, views, functions, triggers } = await readSchema(client)
  return `${[HEADER, ...tables, ...indexes, ...policies, ...views, ...functions, ...triggers].join('\n')}\n`
}

async function texts(client: Client, query: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(query)
  return rows.map((row) => row.text)
}

/** Excludes a row of pg_class or pg_proc that belongs to an extension: an operator may have installed one, such as pg_stat_statements. */
export const notOfExtension = (row: string): string =>
  `not exists (select from pg_depend e where e.objid = ${row}.oid and e.deptype = 'e')`

const OURS = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`

const COLUMNS = `
  select string_agg(format(E'  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attidentity = 'a' then ' generated always as identity'
        when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
        when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end,
      case when a.attnotnull then ' not null' else '' end), E',\\n' order by a.attnum)
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

const CONSTRAINTS = `
  select string_agg(format(E',\\n  constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), '' order by k.contype desc, k.conname)
  from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f')`

const TABLES = `
  select format(E'create table %I (\\n%s%s\\n)%s;\\n%s', c.relname, (${COLUMNS}), (${CONSTRAINTS}),
    case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) else '' end,
    concat(case when c.relrowsecurity then format(E'alter table %I enable row level security;\\n', c.relname) end,
      case when c.relforcerowsecurity then format(E'alter table %I force row level security;\\n', c.relname) end)) as text
  from pg_class c where ${OURS} order by c.relname`

const INDEXES = `
  select pg_get_indexdef(i.indexrelid) || ';' as text
  from pg_index i join pg_class c on c.oid = i.indrelid
  where ${OURS} and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
  order by i.indexrelid::regclass::text`

const POLICIES = `
  select format('create policy %I on %I%s for %s to %s%s%s;', p.policyname, p.tablename,
    case when p.permissive = 'RESTRICTIVE' then ' as restrictive' end, lower(p.cmd), array_to_string(p.roles, ', '),
    ' using (' || p.qual || ')', ' with check (' || p.with_check || ')') as text
  from pg_policies p where p.schemaname = 'public' and p.policyname not like 'all_rows_%' order by p.tablename, p.policyname`

const VIEWS = `
  select format(E'create view %I%s as\\n%s', c.relname, ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid)) as text
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' and ${notOfExtension('c')} order by c.relname`

const FUNCTIONS = `
  select pg_get_functiondef(p.oid) || ';' as text from pg_proc p where p.pronamespace = 'public'::regnamespace and ${notOfExtension('p')} order by p.proname`

const TRIGGERS = `
  select pg_get_triggerdef(t.oid) || ';' as text
  from pg_trigger t join pg_class c on c.oid = t.tgrelid where ${OURS} and not t.tgisinternal order by c.relname, t.tgname`
