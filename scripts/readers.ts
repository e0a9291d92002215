// Logins of one tenant each that only read, for tools whose users may send any SQL: what `npm run reader` does in the database.
import type { ConnectionBudget, Tier } from '@penstock/shared/connection-budget.ts'
import type { Client } from 'pg'
import { findReaders, setDefaults } from './apply-roles.ts'
import { asAdmin } from './key-store.ts'
import { underMigrationLock } from './migration-lock.ts'
import { READER, readerOf, readerSettings } from './roles.ts'

export interface ReaderDeps {
  readonly client: Client
  readonly budget: ConnectionBudget
  readonly tier: Tier
  readonly randomBytes: (count: number) => Buffer
}

export interface NewReader {
  readonly tenant: string
  /** At a time. */
  readonly connections: number
}

export interface ReaderEntry {
  readonly login: string
  /** Null when the tenant is gone. */
  readonly tenant: string | null
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
}

/** Ending a session takes no longer than this. */
const END_MS = 5_000

/**
 * Makes the tenant's reader, or gives the one there is another password and limit. The password is kept nowhere but as a hash.
 * @throws {Error} when there is no such tenant, and when all readers together would have more connections than the budget has for them.
 */
export async function createReader(
  deps: ReaderDeps,
  { tenant, connections }: NewReader,
): Promise<{ readonly login: string; readonly password: string }> {
  const { client, budget, randomBytes } = deps
  const login = readerOf(await tenantId(client, tenant))
  const password = randomBytes(24).toString('base64url')
  await changingReaders(client, async () => {
    await keepBudget(deps, login, connections)
    if (!(await findReaders(client)).includes(login)) await client.query(`create role ${login} in role ${READER}`)
    await client.query(
      `alter role ${login} login connection limit ${connections} password ${client.escapeLiteral(password)}`,
    )
    await setDefaults(client, login, readerSettings(budget))
  })
  return { login, password }
}

/** Every reader, oldest first. */
export async function listReaders(client: Client): Promise<readonly ReaderEntry[]> {
  const { rows } = await client.query<{ login: string; connections: number; open: number }>(
    `select rolname::text as login, rolconnlimit as connections,
       (select count(*)::int from pg_stat_activity where usename = rolname) as open
     from pg_roles where rolname = any($1::text[]) order by oid`,
    [await findReaders(client)],
  )
  const tenants = await asAdmin(client, async () => {
    const found = await client.query<{ id: number; name: string }>('select id, name from tenant')
    return new Map(found.rows.map(({ id, name }) => [readerOf(id), name]))
  })
  return rows.map((row) => ({ ...row, tenant: tenants.get(row.login) ?? null }))
}

/**
 * Ends the sessions of a tenant's reader and removes it. Safe to repeat after a failure.
 * @throws {Error} when there is no such tenant, it has no reader, or a session does not end within 5 s.
 */
export async function dropReader(client: Client, tenant: string): Promise<string> {
  const login = readerOf(await tenantId(client, tenant))
  if (!(await findReaders(client)).includes(login)) throw new Error(`${tenant} has no reader`)
  // Committed first: nobody logs in while the sessions end.
  await changingReaders(client, async () => await client.query(`alter role ${login} nologin`))
  await changingReaders(client, async () => {
    // Whose sessions one may end, one has to be a member of; the role takes the membership with it.
    await client.query(`grant ${login} to current_user`)
    const { rows } = await client.query<{ ended: boolean }>(
      'select pg_terminate_backend(pid, $2::bigint) as ended from pg_stat_activity where usename = $1::text',
      [login, END_MS],
    )
    if (rows.some(({ ended }) => !ended)) throw new Error(`a session of ${login} does not end: try again`)
    await client.query(`drop role ${login}`)
  })
  return login
}

/** @throws {Error} when there is none. */
async function tenantId(client: Client, name: string): Promise<number> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<{ id: number }>('select id from tenant where name = $1::text', [name])
    if (!rows[0]) throw new Error(`there is no tenant ${JSON.stringify(name)}`)
    return rows[0].id
  })
}

async function keepBudget({ client, budget, tier }: ReaderDeps, login: string, wanted: number): Promise<void> {
  const { rows } = await client.query<{ others: number }>(
    'select coalesce(sum(rolconnlimit), 0)::int as others from pg_roles where rolname = any($1::text[]) and rolname <> $2::text',
    [await findReaders(client), login],
  )
  const [most, others] = [budget.readers.connections[tier], rows[0]?.others ?? 0]
  if (others + wanted <= most) return
  throw new Error(
    `the budget of the tier ${tier} has ${most} connections for readers, and ${others} are given: shared/connection-budget.json`,
  )
}

/** One change of roles at a time in a transaction: two readers made at once keep to the budget together. */
async function changingReaders(client: Client, work: () => Promise<unknown>): Promise<void> {
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
