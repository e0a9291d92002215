// Compares wanted table privileges with existing ones, in both directions.
import type { TableGrants } from '@penstock/shared/base/slice-data.ts'
import type { Client } from 'pg'

export interface Privilege {
  readonly table: string
  readonly privilege: 'select' | 'insert' | 'update' | 'delete'
  /** Null for the whole table. */
  readonly column: string | null
}

/** Grants as single privileges. */
export function privilegesOf(grants: TableGrants): Privilege[] {
  return Object.entries(grants).flatMap(([table, grant]) => {
    const byColumn = (['select', 'insert', 'update'] as const).flatMap((privilege) =>
      columnsOf(grant[privilege]).map((column) => ({ table, privilege, column })),
    )
    return [...byColumn, ...(grant.delete ? [{ table, privilege: 'delete', column: null } as const] : [])]
  })
}

/** Returns the columns that a grant names; null means the whole table. */
const columnsOf = (grant: boolean | readonly string[] | undefined): readonly (string | null)[] => {
  if (typeof grant === 'object') return grant
  return grant ? [null] : []
}

/** Grants missing privileges and revokes unwanted ones, for these roles on all tables of the schema, partitions included. */
export async function applyGrants(client: Client, wanted: ReadonlyMap<string, readonly Privilege[]>): Promise<void> {
  const present = await presentGrants(client, [...wanted.keys()])
  for (const [role, privileges] of wanted) {
    const has = present.get(role) ?? new Map<string, Privilege>()
    const wants = new Map(privileges.map((privilege) => [keyOf(privilege), privilege]))
    for (const [key, privilege] of wants) if (!has.has(key)) await client.query(`grant ${clause(privilege)} to ${role}`)
    for (const [key, privilege] of has)
      if (!wants.has(key)) await client.query(`revoke ${clause(privilege)} from ${role}`)
  }
}

const keyOf = (p: Privilege): string => `${p.table} ${p.privilege} ${p.column ?? ''}`

const clause = (p: Privilege): string =>
  `${p.privilege}${p.column === null ? '' : ` (${quote(p.column)})`} on ${quote(p.table)}`

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

async function presentGrants(client: Client, roles: readonly string[]): Promise<Map<string, Map<string, Privilege>>> {
  const { rows } = await client.query<Privilege & { role: string }>(
    `select a.grantee::regrole::text as role, c.relname as table, lower(a.privilege_type) as privilege, null as column
       from pg_class c, aclexplode(c.relacl) a
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.grantee::regrole::text = any($1)
     union all
     select a.grantee::regrole::text, c.relname, lower(a.privilege_type), t.attname
       from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.grantee::regrole::text = any($1)`,
    [roles],
  )
  const present = new Map<string, Map<string, Privilege>>()
  for (const { role, ...privilege } of rows) {
    const of = present.get(role) ?? new Map<string, Privilege>()
    present.set(role, of.set(keyOf(privilege), privilege))
  }
  return present
}
