// Migrates a database to this release: migrations, then roles, limits, grants and time-outs.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget, type ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { applyRoles, createRoles } from './apply-roles.ts'
import { applyAuditTriggers } from './audit-triggers.ts'
import { raiseEra } from './era.ts'
import { underMigrationLock } from './migration-lock.ts'
import { applyMigrations, type Migration, readMigrations } from './migrations.ts'
import { retireLeaving, whileRegrouping } from './regroup.ts'
import type { RolePlan } from './roles.ts'

export interface MigrateOptions {
  /** URL of the database to migrate, with the admin user (`postgres`). */
  readonly url: string
  readonly tier: Tier
  /** Default: that of this checkout. */
  readonly budget?: ConnectionBudget
  /** Passwords of functions' roles, by function; a role that is not named keeps its password. */
  readonly passwords?: Readonly<Record<string, string>>
  /** IAM users that have functions' roles, by function; undefined to leave the database's as they are. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** Those of this checkout when absent. */
  readonly migrations?: readonly Migration[]
  readonly log?: (line: string) => void
  /** True when no function of another grouping runs any more: the roles of that grouping then lose their connections. */
  readonly retire?: boolean
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
 * Applies migrations, then roles, connection limits, grants and time-outs. Safe to repeat. Several may run at once: they run one after
 * the other, and the later ones find nothing to do. Needs no superuser, only a role that owns the database and may create roles.
 * @throws {Error} naming the migration or the statement that failed. Earlier migrations remain applied.
 */
export async function migrateWith(client: Client, options: Omit<MigrateOptions, 'url'>): Promise<void> {
  const { tier, users, passwords = {}, migrations = readMigrations(), log = () => {}, retire = false } = options
  const plan: RolePlan = { budget: options.budget ?? budget, tier, users }
  await underMigrationLock(client, async () => {
    await client.query(`set lock_timeout = '30s'`)
    const roles = retire ? plan : await whileRegrouping(client, plan)
    await inTransaction(client, async () => await createRoles(client, roles))
    await applyMigrations(client, migrations, log)
    await client.query(`set lock_timeout = '30s'`)
    await inTransaction(client, async () => await raiseEra(client, log))
    await inTransaction(client, async () => {
      if (retire) await retireLeaving(client, plan)
      await applyRoles(client, roles, passwords)
      await applyAuditTriggers(client)
    })
    await installStatistics(client, log)
    for (const name of Object.keys(roles.leaving ?? {}))
      log(`${name} is of another grouping and keeps a share: when its function is gone, run penstock migrate retire`)
  })
}

/** Installs pg_stat_statements where the server loads it. Monitoring works without it, so a refusal is logged and not fatal. */
async function installStatistics(client: Client, log: (line: string) => void): Promise<void> {
  const { rows } = await client.query(
    `select from pg_available_extensions e join pg_settings s on s.name = 'shared_preload_libraries'
     where e.name = 'pg_stat_statements' and e.installed_version is null and s.setting like '%pg_stat_statements%'`,
  )
  if (rows.length === 0) return
  try {
    await client.query('create extension if not exists pg_stat_statements')
    log('installed pg_stat_statements')
  } catch (error) {
    log(`pg_stat_statements was not installed: ${(error as Error).message}`)
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
