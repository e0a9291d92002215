// Compares the roles of a database, their limits, settings and members.
import type { Client } from 'pg'
import { findReaderPairs, findReaders } from '../apply-roles.ts'
import { AUDIT_WRITER, AUDITOR } from '../audit-roles.ts'
import { isWithoutInheritance, wantedAuditors, wantedMonitors, wantedMonthMakers } from '../memberships.ts'
import {
  ADMIN,
  AUTHENTICATOR,
  deploymentsIn,
  MONITOR,
  MONTHS,
  OWNER,
  READER,
  READER_SOURCE,
  type RolePlan,
  readerSettings,
  roleOf,
  WARDEN,
  type WantedLogin,
  wantedLogins,
} from '../roles.ts'

interface Role {
  readonly name: string
  readonly login: boolean
  readonly inherits: boolean
  /** Attributes that none of our roles may have. */
  readonly powers: string
  readonly connections: number
  readonly settings: readonly string[]
  /** Members, without those that can grant themselves the role anyway. */
  readonly members: readonly string[]
}

const OURS = [OWNER, MONTHS, AUTHENTICATOR, ADMIN, READER, READER_SOURCE, AUDITOR, AUDIT_WRITER]
const IS_READER = new RegExp(`^${READER}_[0-9]{1,9}$`)

/** Returns roles that are missing or differ from the plan. */
export async function roleDrift(client: Client, plan: RolePlan): Promise<readonly string[]> {
  const logins = wantedLogins(plan)
  const roles = await findRoles(client, [...OURS, WARDEN, ...logins.map((login) => login.role)])
  const noInherit = new Map(
    deploymentsIn(plan).map(([name, deployment]) => [roleOf(name), isWithoutInheritance(deployment)]),
  )
  const monitors = await findRoles(client, [MONITOR])
  return [
    ...OURS.flatMap((name) => {
      const role = roles.get(name)
      if (!role) return `roles: there is no ${name}`
      return [...(role.login ? [`roles: ${name} can log in`] : []), ...powersOf(role)]
    }),
    ...logins.flatMap((login) => loginDrift(login, roles.get(login.role), noInherit.get(login.role))),
    ...memberDrift(roles.get(OWNER), []),
    ...memberDrift(roles.get(MONTHS), [OWNER, ...wantedMonthMakers(plan)]),
    ...monitorDrift(monitors.get(MONITOR), wantedMonitors(plan)),
    ...memberDrift(roles.get(AUTHENTICATOR), []),
    ...memberDrift(roles.get(ADMIN), []),
    ...memberDrift(roles.get(READER_SOURCE), []),
    ...memberDrift(roles.get(AUDITOR), wantedAuditors(plan)),
    ...memberDrift(roles.get(AUDIT_WRITER), []),
    ...wardenDrift(roles.get(WARDEN)),
    ...userDrift(plan, roles),
    ...(await readerDrift(client, plan)),
  ]
}

/** Other programs of the instance may be members of pg_monitor too; no other role of the suite may. */
function monitorDrift(role: Role | undefined, wanted: readonly string[]): readonly string[] {
  if (!role) return []
  return memberDrift({ ...role, members: role.members.filter((name) => name.startsWith('penstock_')) }, wanted)
}

/** This role may change roles, so no role may be a member of it. */
function wardenDrift(role: Role | undefined): readonly string[] {
  if (!role) return [`roles: there is no ${WARDEN}`]
  return [
    ...(role.login ? [`roles: ${WARDEN} can log in`] : []),
    ...(role.powers === 'createrole' ? [] : [`roles: ${WARDEN} is ${role.powers || 'without createrole'}`]),
    ...memberDrift(role, []),
  ]
}

function loginDrift(wanted: WantedLogin, role: Role | undefined, noInherit: boolean | undefined): readonly string[] {
  if (!role) return [`roles: there is no ${wanted.role}`]
  const { name, connections, settings } = role
  const wants = Object.entries(wanted.settings).map(([key, value]) => `${key}=${value}`)
  return [
    ...(role.login ? [] : [`roles: ${name} cannot log in`]),
    ...(noInherit === undefined || role.inherits !== noInherit
      ? []
      : [`roles: ${name} is to be ${noInherit ? 'noinherit' : 'inherit'}`]),
    ...powersOf(role),
    ...(connections === wanted.connections
      ? []
      : [`limits: ${name} may open ${connections} connections, not ${wanted.connections}`]),
    ...wants.flatMap((setting) => (settings.includes(setting) ? [] : `settings: ${name} lacks ${setting}`)),
    ...settings.flatMap((setting) => (wants.includes(setting) ? [] : `settings: ${name} has ${setting}`)),
  ]
}

const powersOf = ({ name, powers }: Role): readonly string[] => (powers === '' ? [] : [`roles: ${name} is ${powers}`])

function memberDrift(role: Role | undefined, wanted: readonly string[]): readonly string[] {
  if (!role) return []
  return [
    ...wanted.flatMap((name) => (role.members.includes(name) ? [] : `roles: ${name} cannot act as ${role.name}`)),
    ...role.members.flatMap((name) => (wanted.includes(name) ? [] : `roles: ${name} can act as ${role.name}`)),
  ]
}

function userDrift(plan: RolePlan, roles: ReadonlyMap<string, Role>): readonly string[] {
  const { users } = plan
  if (!users) return []
  return deploymentsIn(plan).flatMap(([name]) => {
    const user = users[name]
    return memberDrift(roles.get(roleOf(name)), user === undefined ? [] : [user])
  })
}

/**
 * Readers are made one by one. A role is a valid reader when it is named like one, or is an IAM user of one, has no further rights, and
 * keeps to the budget together with the others.
 */
async function readerDrift(client: Client, { budget, tier }: RolePlan): Promise<readonly string[]> {
  const readers = [...(await findRoles(client, await findReaders(client))).values()]
  const pairs = await findReaderPairs(client)
  const logins = [
    ...(
      await findRoles(
        client,
        pairs.map(({ login }) => login),
      )
    ).values(),
  ]
  const connections = logins.reduce((sum, login) => sum + Math.max(login.connections, 0), 0)
  const most = budget.tiers[tier].readers
  return [
    ...readers.flatMap(({ name, members }) => [
      ...(IS_READER.test(name) ? [] : [`roles: ${name} can act as ${READER}`]),
      ...members.flatMap((member) => (member.includes('@') ? [] : `roles: ${member} can act as ${name}`)),
    ]),
    ...logins.flatMap((login) => {
      const wanted = { role: login.name, connections: Math.max(login.connections, 0), settings: readerSettings(budget) }
      return loginDrift(wanted, login, login.inherits ? false : undefined)
    }),
    ...(connections > most ? [`limits: readers may open ${connections} connections together, not ${most}`] : []),
  ]
}

async function findRoles(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, Role>> {
  const { rows } = await client.query<Role>(
    `select r.rolname as name, r.rolcanlogin as login, r.rolinherit as inherits, r.rolconnlimit as connections,
       concat_ws(', ', case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end,
         case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
         case when r.rolreplication then 'replication' end) as powers,
       array(select unnest(s.setconfig) from pg_db_role_setting s
         where s.setrole = r.oid and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))) as settings,
       array(select m.rolname::text from pg_auth_members a join pg_roles m on m.oid = a.member
         where a.roleid = r.oid and not m.rolsuper and not m.rolcreaterole order by 1) as members
     from pg_roles r where r.rolname = any($1)`,
    [names],
  )
  return new Map(rows.map((row) => [row.name, row]))
}
