// The command line of `penstock migrate`: migrates, reports what differs, or works on indexes.
import { readFileSync } from 'node:fs'
import type { Command } from '@commander-js/extra-typings'
import type { Environment } from '@penstock/shared/config/config.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { addExamples } from '../cli/command.ts'
import { print } from '../cli/output.ts'
import { UsageError } from '../cli/usage-error.ts'
import { withAdminClient } from './admin-client.ts'
import { findDrift } from './drift/drift.ts'
import { addIndexCommands } from './indexes/index-command.ts'
import { addInsightCommands } from './insight/insight-command.ts'
import { migrateWith } from './migrate.ts'
import { readMigrations } from './migrations.ts'
import { whileRegrouping } from './regroup.ts'
import type { RolePlan } from './roles.ts'
import { ensureSuiteTenant } from './suite-tenant.ts'

const TIERS = Object.keys(budget.tiers)

const SETTINGS = `
Settings:
  DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA, CLOUD_SQL_INSTANCE
                  how the database is reached, as its admin user
  TIER            the connection budget by which limits are set: ${TIERS.join(', ')} (default standard)
  FUNCTION_USERS  IAM users of the functions: {"metrics-ingest":"…"}`

/** Describes `penstock migrate`. Without a command it migrates. */
export function describeCommand(migrate: Command): void {
  migrate
    .action(async () => {
      const roles = rolePlan(process.env)
      await withAdminClient(async (client) => {
        await migrateWith(client, { ...roles, log: print })
        await ensureSuiteTenant(client)
      })
      print('the database is what this release needs')
    })
    .addHelpText('after', SETTINGS)
  addExamples(migrate, 'penstock migrate', 'penstock migrate check', 'penstock migrate index list')
  const check = migrate
    .command('check')
    .description('Prints what differs from this release, a line each; ends with 1 when anything does.')
    .action(async () => void (process.exitCode = await checkDrift(rolePlan(process.env))))
  addExamples(check, 'penstock migrate check')
  const retire = migrate
    .command('retire')
    .description('Ends a regrouping: deployments that the tier has no more give up their connections.')
    .action(async () => {
      const roles = rolePlan(process.env)
      await withAdminClient(async (client) => await migrateWith(client, { ...roles, retire: true, log: print }))
      print('only the deployments of the tier may connect')
    })
  addExamples(retire, 'penstock migrate retire')
  addIndexCommands(
    migrate.command('index').description('Lists, creates and drops indexes while others read and write.'),
  )
  addInsightCommands(
    migrate
      .command('insight-views')
      .description("Makes the insight service's tables as views over a tenant, and one login that uses them."),
  )
}

/** Makes the plan of roles from the environment. @throws {UsageError} for an invalid setting. */
function rolePlan(environment: Environment): RolePlan {
  const tier = environment['TIER'] ?? 'standard'
  if (!TIERS.includes(tier)) throw new UsageError(`TIER is ${tier}, but must be one of ${TIERS.join(', ')}`)
  const users = usersOf(environment['FUNCTION_USERS'])
  if (users === null) throw new UsageError('FUNCTION_USERS must be a JSON object whose values are names of users')
  return { budget, tier: tier as Tier, users }
}

/** Prints the differences. Resolves with the exit code, which is 1 when there are any. */
async function checkDrift(roles: RolePlan): Promise<number> {
  const schema = readFileSync(new URL('../../migrations/schema.sql', import.meta.url), 'utf8')
  const release = { migrations: readMigrations(), schema }
  const lines = await withAdminClient(
    async (client) => await findDrift(client, { ...release, roles: await whileRegrouping(client, roles) }),
  )
  for (const line of lines) print(line)
  print(lines.length === 0 ? 'the database is what this release needs' : `differences: ${lines.length}`)
  return lines.length === 0 ? 0 : 1
}

/** Parses an object of strings. Returns null for any other text. */
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
