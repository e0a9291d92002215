// The statements about sessions and roles.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface SessionRow {
  readonly role: string
  readonly application: string
  readonly state: string
  /** Age of its open transaction in seconds. */
  readonly transaction_s: number | null
}

export interface RoleRow {
  readonly role: string
  readonly connection_limit: number
  /** Logins that act as this role: IAM users of a function. */
  readonly members: readonly string[]
}

/** Returns the sessions of all clients. A session that still authenticates has no role yet. */
export async function selectSessions(tx: Transaction<Database>): Promise<readonly SessionRow[]> {
  const { rows } = await sql<SessionRow>`
    select coalesce(usename::text, 'authenticating') as role, application_name as application, coalesce(state, '') as state,
      extract(epoch from clock_timestamp() - xact_start)::float8 as transaction_s
    from pg_stat_activity where backend_type = 'client backend'`.execute(tx)
  return rows
}

/** Returns the limits of roles, and who logs in as a member of them. */
export async function selectRoles(tx: Transaction<Database>, roles: readonly string[]): Promise<readonly RoleRow[]> {
  const { rows } = await sql<RoleRow>`
    select r.rolname::text as role, r.rolconnlimit as connection_limit,
      array(select m.rolname::text from pg_auth_members a join pg_roles m on m.oid = a.member
        where a.roleid = r.oid and m.rolcanlogin and not m.rolsuper and not m.rolcreaterole) as members
    from pg_roles r where r.rolname = any(${[...roles]}::text[])`.execute(tx)
  return rows
}

/** Returns the server's maximum of connections. */
export async function selectMaxConnections(tx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ most: number }>`select current_setting('max_connections')::int as most`.execute(tx)
  return rows[0]?.most ?? 0
}
