// Makes the triggers of the audit log match the declarations of the tables: see `audit` in shared/base/slice-data.ts.
import type { Audited } from '@penstock/shared/base/slice-data.ts'
import { type Client, escapeLiteral } from 'pg'
import { OWNER } from './roles.ts'
import { type DeclaredTable, declaredTables } from './slice-data.ts'

/** Columns whose change alone is never recorded, because every change moves them. */
const STAMPS: readonly string[] = ['updated_at', 'updated_by', 'version']
const TEXTS: readonly string[] = ['text', 'text[]', 'character varying', 'jsonb']
const EVENTS = ['insert', 'update', 'delete'] as const
/**
 * Rows that leave by age or by an erasure are not recorded one by one, because the run is. Only who may delete entries of the log is
 * believed to be such a run.
 */
const NOT_BY_A_RUN = `coalesce(current_setting('app.run', true), '') = '' or not has_table_privilege('public.audit_entry', 'DELETE')`

/** A table of the database, as the triggers need it. */
interface Catalogued {
  readonly name: string
  /** Columns in their order, with their types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Columns of the primary key. */
  readonly key: readonly string[]
}

/** Creates missing triggers, replaces those that differ, and drops those of tables that are not audited. Safe to repeat. */
export async function applyAuditTriggers(client: Client): Promise<void> {
  const tables = new Map((await findTables(client)).map((table) => [table.name, table]))
  const wanted = new Map(
    declaredTables.flatMap((declared) => {
      const table = tables.get(declared.name)
      const audited = auditOf(declared)
      return table && audited ? triggersOf(table, audited, declared) : []
    }),
  )
  const present = await findTriggers(client)
  await client.query(`set local role ${OWNER}`)
  for (const [place, statement] of present) {
    if (wanted.get(place) !== statement) await client.query(`drop trigger ${place.replace(' ', ' on ')}`)
  }
  for (const [place, statement] of wanted) {
    if (present.get(place) === statement) continue
    await client.query(statement)
    await client.query(`comment on trigger ${place.replace(' ', ' on ')} is ${escapeLiteral(statement)}`)
  }
  await client.query('reset role')
}

/** Returns how a table is recorded; undefined when it is not. */
export function auditOf({ audit, tenant, triggered }: DeclaredTable): Audited | undefined {
  if (audit === undefined) return tenant === null || triggered ? undefined : {}
  return 'unaudited' in audit ? undefined : audit
}

/** Returns the statements that create the triggers of a table, by `trigger table`. */
function triggersOf(table: Catalogued, audited: Audited, declared: DeclaredTable): [place: string, text: string][] {
  const { on = EVENTS } = audited
  const changed = watchedColumns(table, audited).map(
    (name) => `old.${quoted(name)} is distinct from new.${quoted(name)}`,
  )
  const conditions = { insert: '', update: changed.join(' or '), delete: NOT_BY_A_RUN }
  return EVENTS.filter((event) => on.includes(event) && !(event === 'update' && changed.length === 0)).map((event) => {
    const when = conditions[event] === '' ? '' : ` when (${conditions[event]})`
    const name = `audit_${event}`
    const call = `audit_change(${argumentsOf(table, audited, declared).map(literal).join(', ')})`
    return [
      `${name} ${table.name}`,
      `create trigger ${name} after ${event} on ${table.name} for each row${when} execute function ${call}`,
    ]
  })
}

function argumentsOf(table: Catalogued, audited: Audited, { secret = [], person }: DeclaredTable): readonly string[] {
  const { object = table.name, id = table.key.filter((name) => name !== 'tenant_id') } = audited
  const { verbs = isSoftlyDeleted(table) ? { delete: 'deleted_at' } : {} } = audited
  const ofTypes = (...types: readonly string[]) =>
    table.columns.filter(({ type }) => types.includes(type)).map(({ name }) => name)
  // Texts about a person would outlive the person's erasure; ids do.
  const texts = person === undefined ? [] : ofTypes(...TEXTS).filter((name) => name !== person && !id.includes(name))
  return [
    object,
    id.join(),
    [...new Set([...secret, ...ofTypes('bytea')])].join(),
    (audited.withheld ?? texts).join(),
    Object.entries(verbs)
      .map(([verb, column]) => `${verb}:${column}`)
      .join(),
  ]
}

/** A resource sets the instant of its deletion; retention removes the row later. */
const isSoftlyDeleted = ({ columns }: Catalogued): boolean => columns.some(({ name }) => name === 'deleted_at')

function watchedColumns({ name, columns }: Catalogued, { watched, unwatched = [] }: Audited): readonly string[] {
  const unknown = [...(watched ?? []), ...unwatched].find((column) => !columns.some((it) => it.name === column))
  if (unknown !== undefined) throw new Error(`the audit of ${name} names the column ${unknown}, which it does not have`)
  const ignored = [...STAMPS, ...unwatched]
  return watched ?? columns.map((column) => column.name).filter((column) => !ignored.includes(column))
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

async function findTables(client: Client): Promise<readonly Catalogued[]> {
  const { rows } = await client.query<Catalogued>(
    `select c.relname as name,
       (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum)
         from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k (attnum, place)
         join pg_attribute a on a.attnum = k.attnum
         where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid order by k.place) as key
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relispartition`,
  )
  return rows
}

/** The triggers of the log, by `trigger table`. The comment of each is the statement that created it; one that is disabled has none. */
async function findTriggers(client: Client): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ place: string; text: string }>(
    `select t.tgname || ' ' || c.relname as place, 
       case t.tgenabled when 'O' then coalesce(obj_description(t.oid, 'pg_trigger'), '') else '' end as text
     from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'public'::regnamespace and t.tgname ~ '^audit_(insert|update|delete)$'
     order by 1`,
  )
  return new Map(rows.map(({ place, text }) => [place, text]))
}
