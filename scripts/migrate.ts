// npm run migrate: the database becomes what this release needs: migrations, then roles, limits, grants and time-outs.
import type { DatabaseConfig } from '@penstock/shared/config.ts'
import { clientOpener } from '@penstock/shared/connection.ts'
import { budget, type Tier } from '@penstock/shared/connection-budget.ts'
import type { Client } from 'pg'
import { adminDatabase } from './admin-client.ts'
import { applyMigrations, readMigrations } from './migrations.ts'
import { applyRoles, createRoles } from './roles.ts'

export interface MigrateOptions {
  /** Of the admin user (`postgres`), to the database to migrate. */
  readonly url: string
  /** Password, CA and whatever else the way into the database needs beside the URL. */
  readonly database?: DatabaseConfig
  readonly tier: Tier
  /** Passwords of functions' roles, by function; a role that is not named keeps what it has. */
  readonly passwords?: Readonly<Record<string, string>>
  readonly log?: (line: string) => void
}

/** Session advisory lock of whoever migrates. */
const MIGRATION_LOCK = 7_301_000
const LOCK_WAIT = '5min'

/**
 * Applies migrations, then makes roles, connection limits, grants and time-outs. Idempotent; any number may run at once: they queue
 * on an advisory lock and the later ones find nothing to do.
 * @throws {Error} naming the migration or the statement that failed. What was applied before it stays.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const log = options.log ?? (() => {})
  const database = options.database ?? { url: options.url, ca: undefined, inCloud: false }
  const opener = clientOpener(database, { connectTimeoutMs: 10_000, now: Date.now })
  const client = await opener.open()
  client.on('error', (error) => log(`connection lost: ${error.message}`))
  try {
    await client.query(`set lock_timeout = '${LOCK_WAIT}'`)
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(`set lock_timeout = '30s'`)
    await inTransaction(client, () => createRoles(client, budget))
    await applyMigrations(client, readMigrations(), log)
    await inTransaction(client, () => applyRoles(client, budget, options.tier, options.passwords ?? {}))
  } finally {
    await client.end()
    opener.close()
  }
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

if (import.meta.main) {
  const url = process.env['DATABASE_URL']
  const tier = process.env['TIER'] ?? 'standard'
  if (url === undefined || !(tier in budget.tiers)) {
    console.error(`usage: DATABASE_URL=postgres://… [TIER=${Object.keys(budget.tiers).join('|')}] npm run migrate`)
    process.exit(2)
  }
  try {
    await migrate({ url, database: adminDatabase(url, process.env), tier: tier as Tier, log: console.log })
    console.log('the database is what this release needs')
  } catch (error) {
    console.error(`migrate: ${(error as Error).message}`)
    process.exit(1)
  }
}
