// Logins that each read one tenant, for tools whose users may send any SQL: the database part of `npm run reader`.
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'
import { type Client, escapeLiteral } from 'pg'
import { dropBaseline, findReaderPairs, findReaders, setDefaults, writeBaseline } from '../apply-roles.ts'
import { INSIGHT_LOGIN } from '../insight/insight-role.ts'
import { underMigrationLock } from '../migration-lock.ts'
import { quoteName, READER, readerOf, readerSettings } from '../roles.ts'
import { scramVerifier } from '../scram.ts'
import { asAdmin } from './key-store.ts'

export interface ReaderDeps {
  readonly client: Client
  readonly budget: ConnectionBudget
  readonly tier: Tier
  readonly randomBytes: (count: number) => Buffer
}

export interface NewReader {
  readonly tenant: string
  /** Maximum concurrent connections. */
  readonly connections: number
}

export interface ReaderEntry {
  readonly login: string
  /** Null when the tenant no longer exists. */
  readonly tenant: string | null
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
}

/** Maximum milliseconds to end a session. */
const END_MS = 5_000

/**
 * Makes the tenant's reader, or gives the existing one another password and limit. Only a hash of the password is stored.
 * @throws {Error} when there is no such tenant, and when all readers together would have more connections than their budget.
 */
export async function createReader(
  deps: ReaderDeps,
  { tenant, connections }: NewReader,
): Promise<{ readonly login: string; readonly password: string }> {
  const { client, budget, randomBytes } = deps
  const login = readerOf(await tenantIdOf(client, tenant))
  const password = randomBytes(24).toString('base64url')
  const verifier = scramVerifier(password, randomBytes)
  await changingLogins(client, async () => {
    await keepReaderBudget(deps, login, connections)
    await ensureReader(client, login)
    await client.query(`alter role ${login} login connection limit ${connections} password ${escapeLiteral(verifier)}`)
    await setDefaults(client, login, readerSettings(budget))
    await writeBaseline(client, login, readerSettings(budget), verifier)
  })
  return { login, password }
}

/**
 * Lets an IAM user of the instance read a tenant: it logs in by its token, so it has no password to change. Safe to repeat.
 * @throws {Error} like `createReader`, when the instance has no such user, and when the user has another purpose already.
 */
export async function createIamReader(
  deps: ReaderDeps,
  { tenant, connections }: NewReader,
  user: string,
): Promise<{ readonly login: string }> {
  const { client, budget } = deps
  const reader = readerOf(await tenantIdOf(client, tenant))
  await changingLogins(client, async () => {
    await requireFreeUser(client, user, reader)
    await keepReaderBudget(deps, user, connections)
    await ensureReader(client, reader)
    await client.query(`grant ${reader} to ${quoteName(user)}`)
    await client.query(`alter role ${quoteName(user)} connection limit ${connections}`)
    await setDefaults(client, user, readerSettings(budget))
    await writeBaseline(client, user, readerSettings(budget))
  })
  return { login: user }
}

/** Returns every reader that can log in, by tenant. */
export async function listReaders(client: Client): Promise<readonly ReaderEntry[]> {
  const pairs = await findReaderPairs(client)
  const { rows } = await client.query<{ login: string; connections: number; open: number }>(
    `select rolname::text as login, rolconnlimit as connections,
       (select count(*)::int from pg_stat_activity where usename = rolname) as open
     from pg_roles where rolname = any($1::text[]) order by oid`,
    [pairs.map(({ login }) => login)],
  )
  const tenants = await asAdmin(client, async () => {
    const found = await client.query<{ id: number; name: string }>('select id, name from tenant')
    return new Map(found.rows.map(({ id, name }) => [readerOf(id), name]))
  })
  const readers = new Map(pairs.map(({ login, reader }) => [login, reader]))
  return rows.map((row) => ({ ...row, tenant: tenants.get(readers.get(row.login) ?? '') ?? null }))
}

/**
 * Ends the sessions of a tenant's reader and removes it. Its IAM users remain users of the instance, but can read nothing. Safe to repeat
 * after a failure.
 * @throws {Error} when there is no such tenant, it has no reader, or a session does not end within 5 s.
 */
export async function dropReader(client: Client, tenant: string): Promise<string> {
  const reader = readerOf(await tenantIdOf(client, tenant))
  if (!(await findReaders(client)).includes(reader)) throw new Error(`${tenant} has no reader`)
  const users = (await findReaderPairs(client)).flatMap((one) =>
    one.reader === reader && one.login !== reader ? one.login : [],
  )
  // Committed first, so that no login succeeds while the sessions are ended.
  await changingLogins(client, async () => {
    await client.query(`alter role ${reader} nologin`)
    for (const user of users) await client.query(`revoke ${reader} from ${quoteName(user)}`)
  })
  await changingLogins(client, async () => {
    for (const login of [reader, ...users]) await endSessions(client, login)
    for (const user of users) {
      await client.query(`alter role ${quoteName(user)} connection limit -1`)
      await setDefaults(client, user, {})
      await dropBaseline(client, user)
    }
    await dropBaseline(client, reader)
    await client.query(`drop role ${reader}`)
  })
  return reader
}

async function endSessions(client: Client, login: string): Promise<void> {
  // Only a member of a role may end its sessions.
  await client.query(`grant ${quoteName(login)} to current_user`)
  const { rows } = await client.query<{ ended: boolean }>(
    'select pg_terminate_backend(pid, $2::bigint) as ended from pg_stat_activity where usename = $1::text',
    [login, END_MS],
  )
  await client.query(`revoke ${quoteName(login)} from current_user`)
  if (rows.some(({ ended }) => !ended)) throw new Error(`a session of ${login} does not end: try again`)
}

async function ensureReader(client: Client, reader: string): Promise<void> {
  if (!(await findReaders(client)).includes(reader)) await client.query(`create role ${reader} in role ${READER}`)
}

/** A user that belongs to a function, an admin or another tenant's reader could read more than this tenant. */
async function requireFreeUser(client: Client, user: string, reader: string): Promise<void> {
  const { rows } = await client.query<{ powerful: boolean; roles: readonly string[] }>(
    `select u.rolsuper or u.rolcreaterole or u.rolbypassrls as powerful,
       array(select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid
         where m.member = u.oid and r.rolname like 'penstock%' and r.rolname <> $2) as roles
     from pg_roles u where u.rolname = $1`,
    [user, reader],
  )
  const [found] = rows
  if (!found)
    throw new Error(
      `the instance has no IAM user ${user}: add it first (reader_accounts in Terraform), in PostgreSQL's spelling`,
    )
  if (found.powerful) throw new Error(`${user} may change roles or see every row: a reader is a user of its own`)
  if (found.roles.length > 0)
    throw new Error(`${user} already acts as ${found.roles.join(', ')}: a reader is a user of its own`)
}

/** Returns a tenant's id. @throws {Error} when there is no such tenant. */
export async function tenantIdOf(client: Client, name: string): Promise<number> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<{ id: number }>('select id from tenant where name = $1::text', [name])
    if (!rows[0]) throw new Error(`there is no tenant ${JSON.stringify(name)}`)
    return rows[0].id
  })
}

/**
 * Checks that a login may have so many connections. The login of the insight service counts as a reader.
 * @throws {Error} when all readers together would have more connections than their budget.
 */
export async function keepReaderBudget(
  { client, budget, tier }: Pick<ReaderDeps, 'client' | 'budget' | 'tier'>,
  login: string,
  wanted: number,
): Promise<void> {
  const { rows } = await client.query<{ others: number }>(
    'select coalesce(sum(rolconnlimit), 0)::int as others from pg_roles where rolname = any($1::text[]) and rolname <> $2::text',
    [[...(await findReaderPairs(client)).map((pair) => pair.login), INSIGHT_LOGIN], login],
  )
  const [most, others] = [budget.tiers[tier].readers, rows[0]?.others ?? 0]
  if (others + wanted <= most) return
  throw new Error(
    `the budget of the tier ${tier} has ${most} connections for readers, and ${others} are given: shared/connection-budget.json`,
  )
}

/** Changes readers one transaction at a time, so that two that are made at once keep to the budget together. */
export async function changingLogins(client: Client, work: () => Promise<unknown>): Promise<void> {
  await underMigrationLock(client, async () => {
    await client.query('begin')
    try {
      await work()
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    }
  })
}
