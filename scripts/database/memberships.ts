// The memberships of roles: the planned ones, and the steps that create roles and change memberships.

import { type Deployment, roleOf } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { deploymentsIn, quoteName, type RolePlan } from './roles.ts'

/** Returns the role of the session. */
export async function currentUser(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select current_user::text as name')
  return rows[0]?.name ?? 'postgres'
}

/** `atFirst` holds until the limits are applied: a new role takes no connection before others have given theirs up. */
export async function createRole(client: Client, role: string, attributes: string, atFirst = ''): Promise<void> {
  const { rows } = await client.query<{ rolinherit: boolean }>('select rolinherit from pg_roles where rolname = $1', [
    role,
  ])
  if (rows.length === 0) await client.query(`create role ${role} ${attributes} ${atFirst}`)
  else if (rows[0]?.rolinherit === attributes.includes('noinherit'))
    await client.query(`alter role ${role} ${attributes}`)
}

/** Makes a role a member of another one. */
export async function grantMembership(client: Client, role: string, member: string): Promise<void> {
  const { rows } = await client.query(
    `select from pg_auth_members m where m.roleid = $1::regrole and m.member = $2::regrole
     union all select from pg_roles where oid = $2::regrole and rolsuper`,
    [role, quoteName(member)],
  )
  if (rows.length === 0) await client.query(`grant ${role} to ${quoteName(member)}`)
}

/** Revokes a role from functions that must not have it. Other members are found by `migrate -- check`. */
export async function revokeFrom(client: Client, role: string, functions: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select m.rolname::text as name from pg_auth_members a join pg_roles m on m.oid = a.member
     where a.roleid = $1::regrole and m.rolname = any ($2::text[])`,
    [role, functions],
  )
  for (const { name } of rows) await client.query(`revoke ${role} from ${quoteName(name)}`)
}

/** Returns the functions' roles that may become the owner of the months. */
export const wantedMonthMakers = (plan: RolePlan): readonly string[] =>
  deploymentsIn(plan).flatMap(([name, { months }]) => (months ? roleOf(name) : []))

/** Returns the functions' roles that read the statistics of the whole server, as members of pg_monitor. */
export const wantedMonitors = (plan: RolePlan): readonly string[] =>
  deploymentsIn(plan).flatMap(([name, { monitor }]) => (monitor ? roleOf(name) : []))

/** Returns the functions' roles that may take the role that reads the audit log of every tenant. */
export const wantedAuditors = (plan: RolePlan): readonly string[] =>
  deploymentsIn(plan).flatMap(([name, { auditor }]) => (auditor ? roleOf(name) : []))

/**
 * True for a role that has the rights of roles that it is a member of only after `set local role`: those of maintenance, which make months as
 * their owner, and those that read the audit log of every tenant. The rights of pg_monitor are needed in the same statement as the function's own.
 */
export const isWithoutInheritance = ({
  maintenance,
  monitor,
  auditor,
}: Pick<Deployment, 'maintenance' | 'monitor' | 'auditor'>): boolean => (maintenance && !monitor) || auditor
