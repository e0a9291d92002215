// Makes the database's roles what connection-budget.json says: logins, connection limits, time-outs, grants, policies.
import type { ConnectionBudget, FunctionBudget, Tier } from '@penstock/shared/connection-budget.ts'
import type { Client } from 'pg'
import { applyGrants, type Privilege, privilegesOf } from './grants.ts'

/** Owns schema and tables; cannot log in. Maintenance functions take it for DDL. */
const OWNER = 'penstock_owner'
/** Owns the two functions that are asked before a tenant is known; cannot log in. */
const AUTHENTICATOR = 'penstock_authenticator'
/** What a person's commands act as (tenants, keys); cannot log in. */
export const ADMIN = 'penstock_admin'

/** The database role of a function. */
export const roleOf = (functionName: string): string => `penstock_${functionName.replaceAll('-', '_')}`

const ADMIN_GRANTS: readonly Privilege[] = ['tenant', 'api_key'].flatMap((table) =>
  (['select', 'insert', 'update'] as const).map((privilege) => ({ table, privilege, column: null })),
)
const AUTHENTICATOR_GRANTS: readonly Privilege[] = [
  { table: 'tenant', privilege: 'select', column: null },
  { table: 'api_key', privilege: 'select', column: null },
  { table: 'api_key', privilege: 'update', column: 'last_used_at' },
]
/** What the code relies on in every session; set on the role, so that it also holds behind a transaction pooler. */
const SESSION_SETTINGS = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  extra_float_digits: '1',
  // Cloud SQL's disks are solid: at the default of 4 a month is scanned whole where its index would do.
  random_page_cost: '1.1',
  // Short statements over many partitions: compiling them costs more than it saves.
  jit: 'off',
}
const QUESTIONS = ['authenticate_api_key(text, bytea)', 'find_tenant(text)']

/** Makes the roles that migrations and grants name. Safe to repeat; touches only what differs. */
export async function createRoles(client: Client, plan: ConnectionBudget): Promise<void> {
  for (const role of [OWNER, AUTHENTICATOR, ADMIN]) {
    await createRole(client, role, 'nologin')
    // Needed where the admin is no superuser (Cloud SQL): PostgreSQL 15 makes a creator no member of what it creates.
    await grantMembership(client, role, await currentUser(client))
  }
  for (const [name, settings] of Object.entries(plan.functions)) {
    const maintenance = settings.database.maintenance ?? false
    // Without inheritance: a maintenance function is the owner only where it says `set local role`.
    await createRole(client, roleOf(name), maintenance ? 'login noinherit' : 'login')
    if (maintenance) await grantMembership(client, OWNER, roleOf(name))
  }
  await client.query(`grant usage, create on schema public to ${OWNER}`)
}

/** Limits, time-outs, passwords, grants and policies, after the tables are there. Safe to repeat; touches only what differs. */
export async function applyRoles(
  client: Client,
  plan: ConnectionBudget,
  tier: Tier,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, settings] of Object.entries(plan.functions)) {
    await limitRole(client, roleOf(name), settings.max_instances[tier] * settings.pool)
    await setDefaults(client, roleOf(name), { ...SESSION_SETTINGS, ...plan.timeouts, ...settings.database.timeouts })
    const password = passwords[name]
    if (password !== undefined)
      await client.query(`alter role ${roleOf(name)} password ${client.escapeLiteral(password)}`)
  }
  await giveQuestions(client, Object.keys(plan.functions).map(roleOf))
  await client.query(`set local role ${OWNER}`)
  await applyGrants(client, wantedGrants(plan))
  await applyPolicies(client, wantedPolicies(plan))
  await client.query('reset role')
}

function wantedGrants(plan: ConnectionBudget): Map<string, readonly Privilege[]> {
  const wanted = new Map<string, readonly Privilege[]>([
    [ADMIN, ADMIN_GRANTS],
    [AUTHENTICATOR, AUTHENTICATOR_GRANTS],
  ])
  for (const [name, settings] of Object.entries(plan.functions)) {
    // Each checks on its first connection that the schema is not older than it needs.
    const grants = { ...settings.database.grants, schema_migration: { select: true } }
    wanted.set(roleOf(name), privilegesOf(grants))
  }
  return wanted
}

/** `role table` pairs that see every row: there is no BYPASSRLS on Cloud SQL. */
function wantedPolicies(plan: ConnectionBudget): Set<string> {
  const pairs = [ADMIN, AUTHENTICATOR].flatMap((role) => ['tenant', 'api_key'].map((table) => `${role} ${table}`))
  const maintenance = ([name, settings]: [string, FunctionBudget]) =>
    settings.database.maintenance
      ? Object.keys(settings.database.grants).map((table) => `${roleOf(name)} ${table}`)
      : []
  return new Set([...pairs, ...Object.entries(plan.functions).flatMap(maintenance)])
}

async function currentUser(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select quote_ident(current_user) as name')
  return rows[0]?.name ?? 'postgres'
}

async function createRole(client: Client, role: string, attributes: string): Promise<void> {
  const { rows } = await client.query<{ rolinherit: boolean }>('select rolinherit from pg_roles where rolname = $1', [
    role,
  ])
  if (rows.length === 0) await client.query(`create role ${role} ${attributes}`)
  else if (rows[0]?.rolinherit === attributes.includes('noinherit'))
    await client.query(`alter role ${role} ${attributes}`)
}

async function grantMembership(client: Client, role: string, member: string): Promise<void> {
  const { rows } = await client.query(
    `select from pg_auth_members m where m.roleid = $1::regrole and m.member = $2::regrole
     union all select from pg_roles where oid = $2::regrole and rolsuper`,
    [role, member],
  )
  if (rows.length === 0) await client.query(`grant ${role} to ${member}`)
}

async function limitRole(client: Client, role: string, connections: number): Promise<void> {
  const { rows } = await client.query<{ rolconnlimit: number }>(
    'select rolconnlimit from pg_roles where rolname = $1',
    [role],
  )
  if (rows[0]?.rolconnlimit !== connections) await client.query(`alter role ${role} connection limit ${connections}`)
}

async function setDefaults(client: Client, role: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const { rows } = await client.query<{ setting: string }>(
    'select unnest(setconfig) as setting from pg_db_role_setting where setrole = $1::regrole and setdatabase = 0',
    [role],
  )
  const present = new Set(rows.map((row) => row.setting))
  for (const [name, value] of Object.entries(settings)) {
    if (!present.has(`${name}=${value}`))
      await client.query(`alter role ${role} set ${name} = ${client.escapeLiteral(value)}`)
  }
}

/** Who may ask before a tenant is known. The functions' owner is changed here because a migration runs as the tables' owner alone. */
async function giveQuestions(client: Client, roles: readonly string[]): Promise<void> {
  for (const question of QUESTIONS) {
    const { rows } = await client.query<{ owner: string; granted: string[] }>(
      `select proowner::regrole::text as owner,
         array(select grantee::regrole::text from aclexplode(proacl) where grantee <> 0 and grantee <> proowner) as granted
       from pg_proc where oid = $1::regprocedure`,
      [question],
    )
    const present = rows[0]
    if (present?.owner !== AUTHENTICATOR) {
      await client.query(`grant create on schema public to ${AUTHENTICATOR}`)
      await client.query(`alter function ${question} owner to ${AUTHENTICATOR}`)
      await client.query(`revoke create on schema public from ${AUTHENTICATOR}`)
    }
    await client.query(`set local role ${AUTHENTICATOR}`)
    const missing = roles.filter((role) => !present?.granted.includes(role))
    if (missing.length > 0) await client.query(`grant execute on function ${question} to ${missing.join(', ')}`)
    const stray = present?.granted.filter((role) => !roles.includes(role)) ?? []
    if (stray.length > 0) await client.query(`revoke execute on function ${question} from ${stray.join(', ')}`)
    await client.query('reset role')
  }
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
