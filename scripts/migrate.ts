// npm run migrate: the database becomes what this release needs: migrations, then roles, limits, grants and time-outs.
//   -- check: what differs, a line each; -- index list | create | drop: indexes, while others read and write.
import { readFileSync } from 'node:fs'
import type { Environment } from '@penstock/shared/config.ts'
import { budget, type Tier } from '@penstock/shared/connection-budget.ts'
import { Client } from 'pg'
import { withAdminClient } from './admin-client.ts'
import { applyRoles, createRoles } from './apply-roles.ts'
import { findDrift } from './drift/drift.ts'
import { raiseEra } from './era.ts'
import { indexCommand } from './index-command.ts'
import { underMigrationLock } from './migration-lock.ts'
import { applyMigrations, type Migration, readMigrations } from './migrations.ts'
import type { RolePlan } from './roles.ts'

export interface MigrateOptions {
  /** Of the admin user (`postgres`), to the database to migrate. */
  readonly url: string
  readonly tier: Tier
  /** Passwords of functions' roles, by function; a role that is not named keeps what it has. */
  readonly passwords?: Readonly<Record<string, string>>
  /** IAM users that stand for functions' roles, by function; undefined: as the database has them. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** Default: those of this checkout. */
  readonly migrations?: readonly Migration[]
  readonly log?: (line: string) => void
}

/** Connects as the admin user and migrates; see `migrateWith`. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const client = new Client({ connectionString: options.url, connectionTimeoutMillis: 10_000 })
  client.on('error', (error) => options.log?.(`connection lost: ${error.message}`))
  await client.connect()
  try {
    await migrateWith(client, options)
  } finally {
    await client.end()
  }
}

/**
 * Applies migrations, then makes roles, connection limits, grants and time-outs. Idempotent; any number may run at once: one after
 * the other, and the later ones find nothing to do. Needs no superuser: a role that owns the database and may create roles.
 * @throws {Error} naming the migration or the statement that failed. What was applied before it stays.
 */
export async function migrateWith(client: Client, options: Omit<MigrateOptions, 'url'>): Promise<void> {
  const { tier, users, passwords = {}, migrations = readMigrations(), log = () => {} } = options
  await underMigrationLock(client, async () => {
    await client.query(`set lock_timeout = '30s'`)
    await inTransaction(client, async () => await createRoles(client, budget))
    await applyMigrations(client, migrations, log)
    await client.query(`set lock_timeout = '30s'`)
    await inTransaction(client, async () => await raiseEra(client, log))
    await inTransaction(client, async () => await applyRoles(client, { budget, tier, users }, passwords))
  })
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

const USAGE = `usage: npm run migrate [-- check]
       npm run migrate -- index list
       npm run migrate -- index create "create [unique] index NAME on TABLE (…)"
       npm run migrate -- index drop NAME
DATABASE_URL=postgres://… of the admin user, DATABASE_PASSWORD, DATABASE_CA, CLOUD_SQL_INSTANCE: the way into the database
TIER=${Object.keys(budget.tiers).join('|')}: by which the limits are set
FUNCTION_USERS={"metrics-ingest":"…","…":"…"}: IAM users that stand for functions`

/** Resolves with the exit code: 1 where something differs, 2 for a command line or settings that make no sense. */
async function main(args: readonly string[], environment: Environment): Promise<number> {
  const tier = environment['TIER'] ?? 'standard'
  const users = usersOf(environment['FUNCTION_USERS'])
  if (!(tier in budget.tiers) || users === null) return misused()
  const roles = { budget, tier: tier as Tier, users }
  if (args.length === 0) {
    await withAdminClient(async (client) => await migrateWith(client, { ...roles, log: console.log }))
    console.log('the database is what this release needs')
    return 0
  }
  if (args.length === 1 && args[0] === 'check') return await check(roles)
  if (args[0] === 'index') return (await indexCommand(args.slice(1))) ?? misused()
  return misused()
}

function misused(): number {
  console.error(USAGE)
  return 2
}

async function check(roles: RolePlan): Promise<number> {
  const schema = readFileSync(new URL('../migrations/schema.sql', import.meta.url), 'utf8')
  const release = { roles, migrations: readMigrations(), schema }
  const lines = await withAdminClient(async (client) => await findDrift(client, release))
  for (const line of lines) console.log(line)
  console.log(lines.length === 0 ? 'the database is what this release needs' : `differences: ${lines.length}`)
  return lines.length === 0 ? 0 : 1
}

/** Null when it is not an object of strings. */
function usersOf(text: string | undefined): Readonly<Record<string, string>> | undefined | null {
  if (text === undefined || text === '') return undefined
  try {
    const users = JSON.parse(text) as unknown
    const isObject = typeof users === 'object' && users !== null && !Array.isArray(users)
    if (!isObject || Object.values(users).some((user) => typeof user !== 'string' || user === '')) return null
    return users as Record<string, string>
  } catch {
    return null
  }
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2), process.env)
  } catch (error) {
    console.error(`migrate: ${(error as Error).message}`)
    process.exitCode = 1
  }
}
