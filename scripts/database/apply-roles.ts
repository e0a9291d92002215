// Makes the database's roles match roles.ts: logins, connection limits, time-outs, memberships, grants, policies.
import { randomBytes } from 'node:crypto'
import { type Client, escapeLiteral } from 'pg'
import { AUDIT_WRITER, AUDITOR } from './audit-roles.ts'
import { applyGrants } from './grants.ts'
import {
  createRole,
  currentUser,
  grantMembership,
  isWithoutInheritance,
  revokeFrom,
  wantedAuditors,
  wantedMonitors,
  wantedMonthMakers,
} from './memberships.ts'
import {
  ADMIN,
  AUTHENTICATOR,
  deploymentsIn,
  loginSettings,
  MONITOR,
  MONTHS,
  OWNER,
  quoteName,
  READER,
  READER_SOURCE,
  type RolePlan,
  readerSettings,
  roleOf,
  WARDEN,
  wantedDefiners,
  wantedGrants,
  wantedLogins,
  wantedPolicies,
  wantedTemporary,
} from './roles.ts'
import { scramVerifier } from './scram.ts'

/** Makes the roles that migrations and grants name. Safe to repeat; changes only what differs. */
export async function createRoles(client: Client, plan: RolePlan): Promise<void> {
  for (const role of [OWNER, MONTHS, AUTHENTICATOR, ADMIN, READER, READER_SOURCE, AUDITOR, AUDIT_WRITER]) {
    await createRole(client, role, 'nologin')
    // Needed when the admin is not a superuser (Cloud SQL): in PostgreSQL 15 the creator of a role is not a member of it.
    await grantMembership(client, role, await currentUser(client))
  }
  await createRole(client, WARDEN, 'nologin createrole')
  await grantMembership(client, WARDEN, await currentUser(client))
  for (const [name, deployment] of deploymentsIn(plan)) {
    const { maintenance, months, monitor, auditor } = deployment
    const attributes = isWithoutInheritance(deployment) ? 'login noinherit' : 'login'
    await createRole(client, roleOf(name), attributes, 'connection limit 0')
    if (monitor) await grantMembership(client, MONITOR, roleOf(name))
    if (auditor) await grantMembership(client, AUDITOR, roleOf(name))
    if (!maintenance) continue
    if (months) await grantMembership(client, MONTHS, roleOf(name))
    // A person's commands do maintenance under the function's role: import makes months like `partitions` does.
    await grantMembership(client, roleOf(name), await currentUser(client))
  }
  // The owner is a member of the months' role, so that a migration can change their tables.
  await grantMembership(client, MONTHS, OWNER)
  const functions = deploymentsIn(plan).map(([name]) => roleOf(name))
  const makers = wantedMonthMakers(plan)
  await revokeFrom(client, OWNER, functions)
  await revokeFrom(
    client,
    MONTHS,
    functions.filter((role) => !makers.includes(role)),
  )
  const monitors = wantedMonitors(plan)
  await revokeFrom(
    client,
    MONITOR,
    functions.filter((role) => !monitors.includes(role)),
  )
  const auditors = wantedAuditors(plan)
  await revokeFrom(
    client,
    AUDITOR,
    functions.filter((role) => !auditors.includes(role)),
  )
  await client.query(`grant usage, create on schema public to ${OWNER}, ${MONTHS}`)
}

/**
 * Applies limits, time-outs, passwords, IAM users, grants and policies, when the tables exist. Safe to repeat; changes only what differs.
 * @throws {Error} naming an IAM user that does not exist: only the Cloud SQL Admin API makes one.
 */
export async function applyRoles(
  client: Client,
  roles: RolePlan,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  if (roles.users) await grantUsers(client, roles, roles.users)
  const logins = wantedLogins(roles)
  // Limits are lowered before others are raised, so that together they never exceed the budget.
  for (const change of ['lower', 'raise'] as const)
    for (const { role, connections } of logins) await limitRole(client, role, connections, change)
  for (const { role, settings } of logins) {
    await setDefaults(client, role, settings)
    await writeBaseline(client, role, settings)
  }
  for (const { login } of await findReaderPairs(client)) {
    await setDefaults(client, login, readerSettings(roles.budget))
    await writeBaseline(client, login, readerSettings(roles.budget))
  }
  for (const [name, password] of Object.entries(passwords)) await setPassword(client, roles, name, password)
  await giveDefiners(client, roles)
  await giveTemporaryTables(client, wantedTemporary(roles))
  await client.query(`set local role ${OWNER}`)
  await applyGrants(client, wantedGrants(roles))
  await applyPolicies(client, wantedPolicies(roles))
  await client.query('reset role')
}

async function setPassword(client: Client, plan: RolePlan, name: string, password: string): Promise<void> {
  const verifier = scramVerifier(password, randomBytes)
  await client.query(`alter role ${roleOf(name)} password ${escapeLiteral(verifier)}`)
  await writeBaseline(client, roleOf(name), loginSettings(plan, name), verifier)
}

/** Grants each IAM user its function's role and revokes it from all others, except from roles that create roles. */
async function grantUsers(client: Client, plan: RolePlan, users: Readonly<Record<string, string>>): Promise<void> {
  for (const [name] of deploymentsIn(plan)) {
    const { rows } = await client.query<{ name: string }>(
      `select u.rolname as name from pg_auth_members m join pg_roles u on u.oid = m.member
       where m.roleid = $1::regrole and not u.rolcreaterole`,
      [roleOf(name)],
    )
    const user = users[name]
    for (const { name: member } of rows)
      if (member !== user) await client.query(`revoke ${roleOf(name)} from ${quoteName(member)}`)
    if (user === undefined) continue
    const present = await client.query('select from pg_roles where rolname = $1', [user])
    if (present.rows.length === 0)
      throw new Error(`there is no IAM user ${user} for ${name}: add it to the instance first`)
    await grantMembership(client, roleOf(name), user)
  }
}

async function limitRole(client: Client, role: string, connections: number, change: 'lower' | 'raise'): Promise<void> {
  const { rows } = await client.query<{ rolconnlimit: number }>(
    'select rolconnlimit from pg_roles where rolname = $1',
    [role],
  )
  const present = rows[0]?.rolconnlimit ?? -1
  const isLower = present < 0 || connections < present
  if (present !== connections && isLower === (change === 'lower'))
    await client.query(`alter role ${quoteName(role)} connection limit ${connections}`)
}

/** Returns the logins that are readers. A role that may create roles is excluded, because it is a member of every role that it made. */
export async function findReaders(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select r.rolname::text as name from pg_auth_members m join pg_roles r on r.oid = m.member
     where m.roleid = $1::regrole and not r.rolsuper and not r.rolcreaterole order by r.oid`,
    [READER],
  )
  return rows.map(({ name }) => name)
}

/** Returns the reading logins: readers with a password, and IAM users that are members of a reader, each with its reader. */
export async function findReaderPairs(
  client: Client,
): Promise<readonly { readonly login: string; readonly reader: string }[]> {
  const { rows } = await client.query<{ login: string; reader: string }>(
    `select r.rolname::text as login, r.rolname::text as reader from pg_roles r where r.rolname = any($1) and r.rolcanlogin
     union all
     select u.rolname::text, r.rolname::text from pg_auth_members m
       join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
       where r.rolname = any($1) and not u.rolsuper and not u.rolcreaterole
     order by 2, 1`,
    [await findReaders(client)],
  )
  return rows
}

/** PostgreSQL lets every role make temporary tables, so a reader could fill the disk. */
async function giveTemporaryTables(client: Client, roles: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string; grantees: string[] }>(
    `select quote_ident(d.datname) as name, array(
       select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee)::text end
       from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where a.privilege_type = 'TEMPORARY') as grantees
     from pg_database d where d.datname = current_database()`,
  )
  for (const { name, grantees } of rows) {
    if (grantees.includes('public')) await client.query(`revoke temporary on database ${name} from public`)
    const missing = roles.filter((role) => !grantees.includes(role))
    if (missing.length > 0) await client.query(`grant temporary on database ${name} to ${missing.join(', ')}`)
  }
}

/** Sets the defaults of a role's sessions: these settings and no others. Safe to repeat. */
export async function setDefaults(
  client: Client,
  role: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const { rows } = await client.query<{ setting: string }>(
    'select unnest(setconfig) as setting from pg_db_role_setting where setrole = $1::regrole and setdatabase = 0',
    [quoteName(role)],
  )
  const wanted = new Set(Object.entries(settings).map(([name, value]) => `${name}=${value}`))
  for (const { setting } of rows) {
    const [name = ''] = setting.split('=')
    if (!(name in settings)) await client.query(`alter role ${quoteName(role)} reset ${quoteName(name)}`)
    else wanted.delete(setting)
  }
  for (const [name, value] of Object.entries(settings)) {
    if (wanted.has(`${name}=${value}`))
      await client.query(`alter role ${quoteName(role)} set ${name} = ${escapeLiteral(value)}`)
  }
}

/**
 * Sets owners and callers of functions that run with their owner's rights. A migration cannot, because it runs only as the tables' owner.
 */
async function giveDefiners(client: Client, plan: RolePlan): Promise<void> {
  for (const { signature, owner, callers } of wantedDefiners(plan)) {
    const { rows } = await client.query<{ owner: string; granted: string[] }>(
      `select proowner::regrole::text as owner,
         array(select grantee::regrole::text from aclexplode(proacl) where grantee <> 0 and grantee <> proowner) as granted
       from pg_proc where oid = $1::regprocedure`,
      [signature],
    )
    const present = rows[0]
    if (present?.owner !== owner) {
      await client.query(`grant create on schema public to ${owner}`)
      await client.query(`alter function ${signature} owner to ${owner}`)
      await client.query(`revoke create on schema public from ${owner}`)
    }
    await client.query(`set local role ${owner}`)
    const missing = callers.filter((role) => !present?.granted.includes(role))
    if (missing.length > 0) await client.query(`grant execute on function ${signature} to ${missing.join(', ')}`)
    const stray = present?.granted.filter((role) => !callers.includes(role)) ?? []
    if (stray.length > 0) await client.query(`revoke execute on function ${signature} from ${stray.join(', ')}`)
    await client.query('reset role')
  }
}

/** Records the expected properties of a login, for the job that restores it. Without a verifier the recorded one remains. */
export async function writeBaseline(
  client: Client,
  role: string,
  settings: Readonly<Record<string, string>>,
  verifier?: string,
): Promise<void> {
  await client.query(`set local role ${OWNER}`)
  await client.query(
    `insert into role_baseline (role, settings, verifier) values ($1::text, $2::text[], $3::text)
     on conflict (role) do update set settings = excluded.settings, verifier = coalesce(excluded.verifier, role_baseline.verifier)`,
    [role, Object.entries(settings).map(([name, value]) => `${name}=${value}`), verifier],
  )
  await client.query('reset role')
}

/** Deletes the record of a login that was removed. */
export async function dropBaseline(client: Client, role: string): Promise<void> {
  await client.query(`set local role ${OWNER}`)
  await client.query('delete from role_baseline where role = $1::text', [role])
  await client.query('reset role')
}

async function applyPolicies(client: Client, wanted: ReadonlySet<string>): Promise<void> {
  const { rows } = await client.query<{ tablename: string; policyname: string }>(
    `select tablename, policyname from pg_policies where schemaname = 'public' and policyname like 'all_rows_%'`,
  )
  const present = new Set(rows.map((row) => `${row.policyname.slice('all_rows_'.length)} ${row.tablename}`))
  const secured = await client.query<{ relname: string }>(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and not relispartition`,
  )
  const tables = new Set(secured.rows.map((row) => row.relname))
  for (const pair of wanted) {
    const [role, table] = pair.split(' ') as [string, string]
    if (!present.has(pair) && tables.has(table))
      await client.query(`create policy all_rows_${role} on ${table} to ${role} using (true)`)
  }
  for (const pair of present) {
    const [role, table] = pair.split(' ') as [string, string]
    if (!wanted.has(pair)) await client.query(`drop policy all_rows_${role} on ${table}`)
  }
}
