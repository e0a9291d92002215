// The command line of npm run migrate: migrates, says what differs, or works on indexes.
import { readFileSync } from 'node:fs'
import type { Environment } from '@penstock/shared/config/config.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { print, say } from '../cli/output.ts'
import { withAdminClient } from './admin-client.ts'
import { findDrift } from './drift/drift.ts'
import { indexCommand } from './indexes/index-command.ts'
import { migrateWith } from './migrate.ts'
import { readMigrations } from './migrations.ts'
import type { RolePlan } from './roles.ts'

const USAGE = `usage: npm run migrate [-- check]
       npm run migrate -- index list
       npm run migrate -- index create "create [unique] index NAME on TABLE (…)"
       npm run migrate -- index drop NAME
DATABASE_URL=postgres://… of the admin user, DATABASE_PASSWORD, DATABASE_CA, CLOUD_SQL_INSTANCE: the way into the database
TIER=${Object.keys(budget.tiers).join('|')}: by which the limits are set
FUNCTION_USERS={"metrics-ingest":"…","…":"…"}: IAM users that stand for functions`

/** Resolves with the exit code: 1 where something differs, 2 for a command line or settings that make no sense. */
export async function migrateCommand(args: readonly string[], environment: Environment): Promise<number> {
  const tier = environment['TIER'] ?? 'standard'
  const users = usersOf(environment['FUNCTION_USERS'])
  if (!(tier in budget.tiers) || users === null) return misused()
  const roles = { budget, tier: tier as Tier, users }
  if (args.length === 0) {
    await withAdminClient(async (client) => await migrateWith(client, { ...roles, log: print }))
    print('the database is what this release needs')
    return 0
  }
  if (args.length === 1 && args[0] === 'check') return await check(roles)
  if (args[0] === 'index') return (await indexCommand(args.slice(1))) ?? misused()
  return misused()
}

function misused(): number {
  say(USAGE)
  return 2
}

async function check(roles: RolePlan): Promise<number> {
  const schema = readFileSync(new URL('../../migrations/schema.sql', import.meta.url), 'utf8')
  const release = { roles, migrations: readMigrations(), schema }
  const lines = await withAdminClient(async (client) => await findDrift(client, release))
  for (const line of lines) print(line)
  print(lines.length === 0 ? 'the database is what this release needs' : `differences: ${lines.length}`)
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
