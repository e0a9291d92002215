// The expected properties of logins, and the statement that restores them: see migrations/0018-role-watch.sql.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface RoleSalt {
  readonly role: string
  /** In base64. */
  readonly salt: string
  readonly iterations: number
}

export interface RestoredRole {
  readonly role: string
  readonly changed: readonly ('settings' | 'password')[]
  /** Number of sessions that were ended. */
  readonly sessions: number
}

/** Returns the logins whose passwords were set by a command, by name, with the salts of these passwords. */
export async function selectRoleSalts(tx: Transaction<Database>): Promise<RoleSalt[]> {
  return (await sql<RoleSalt>`select role, salt, iterations from role_salts()`.execute(tx)).rows
}

/** Restores logins to their recorded properties; `others` are those whose passwords are known to have changed. Safe to repeat. */
export async function restoreRoles(tx: Transaction<Database>, others: readonly string[]): Promise<RestoredRole[]> {
  const { rows } = await sql<RestoredRole>`
    select role, changed, sessions from restore_roles(${[...others]}::text[])`.execute(tx)
  return rows
}
