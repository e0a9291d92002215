// Checks of the database itself, from a machine that reaches it: in the admin job, or by DATABASE_URL.
import { budget, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { readMigrations } from '../../database/migrations.ts'
import { type Check, type Finding, failed, ok, skipped, type Target } from './check.ts'

/** Runs work on an admin connection; undefined when no database is named. */
export type WithDatabase = (<T>(work: (client: Client) => Promise<T>) => Promise<T>) | undefined

/** Checks the schema, and how many connections the server really gives. Only reads. */
export function databaseChecks(withDatabase: WithDatabase, target: Target): readonly Check[] {
  const ask = (question: (client: Client) => Promise<Finding>) => async () =>
    withDatabase ? await withDatabase(question) : skipped(unreachable(target))
  return [
    { name: 'schema', run: ask(schema) },
    { name: 'max_connections', run: ask((client) => connections(client, target)) },
    { name: 'database log', run: ask(loggedValues) },
  ]
}

const unreachable = ({ project, region, prefix }: Target): string =>
  `no laptop can reach the database: gcloud run jobs execute ${prefix}-admin --args=scripts/penstock.ts,migrate,check --wait --project=${project} --region=${region}`

async function schema(client: Client): Promise<Finding> {
  const head = readMigrations().at(-1)?.name ?? ''
  const { rows: there } = await client.query(`select from pg_class where oid = to_regclass('public.schema_migration')`)
  if (there.length === 0) return failed('the database is empty', 'npm run migrate')
  const { rows } = await client.query<{ name: string }>('select name from schema_migration order by name desc limit 1')
  const newest = rows[0]?.name
  if (newest === undefined) return failed('no migration was applied', 'npm run migrate')
  if (newest === head) return ok(`at ${head}`)
  if (newest > head)
    return failed(`at ${newest}, newer than this checkout (${head})`, 'check out the release that is deployed')
  return failed(`at ${newest}, and this release has ${head}`, 'npm run migrate')
}

async function connections(client: Client, { tier }: Target): Promise<Finding> {
  const { rows } = await client.query<{ maximum: number; reserved: number }>(
    `select current_setting('max_connections')::int as maximum, current_setting('superuser_reserved_connections')::int as reserved`,
  )
  const { maximum = 0, reserved = 0 } = rows[0] ?? {}
  const needed = spent(budget, tier).connections
  const told = `${maximum}, ${reserved} of them reserved by the server; the functions may open ${needed}`
  if (needed <= maximum - budget.tiers[tier].reserved) return ok(told)
  return failed(
    told,
    `another tier than ${tier}, or max_connections=${budget.tiers[tier].max_connections} on the server`,
  )
}

/**
 * Settings that put values of statements, or parts of rows, into the server's log. Settings of extensions that are not loaded are null.
 */
const LEAKS: Readonly<Record<string, string>> = {
  log_statement: `current_setting('log_statement') <> 'none' and current_setting('log_parameter_max_length') <> '0'`,
  log_duration: `current_setting('log_duration') = 'on' and current_setting('log_parameter_max_length') <> '0'`,
  log_min_duration_statement: `current_setting('log_min_duration_statement') <> '-1' and current_setting('log_parameter_max_length') <> '0'`,
  log_min_duration_sample: `current_setting('log_min_duration_sample') <> '-1' and current_setting('log_parameter_max_length') <> '0'`,
  log_parameter_max_length_on_error: `current_setting('log_parameter_max_length_on_error') <> '0'`,
  log_error_verbosity: `current_setting('log_error_verbosity') <> 'terse'`,
  'auto_explain.log_min_duration': `coalesce(nullif(current_setting('auto_explain.log_min_duration', true), ''), '-1') <> '-1'`,
  'pgaudit.log_parameter': `coalesce(current_setting('pgaudit.log_parameter', true), 'off') = 'on'`,
}

async function loggedValues(client: Client): Promise<Finding> {
  const columns = Object.entries(LEAKS).map(([name, leaks]) => `${leaks} as ${client.escapeIdentifier(name)}`)
  const { rows } = await client.query<Record<string, boolean>>(`select ${columns.join(', ')}`)
  const found = Object.keys(LEAKS).filter((name) => rows[0]?.[name] !== false)
  if (found.length === 0) return ok('holds no values of statements and no parts of rows')
  return failed(`values that customers sent reach it by ${found.join(', ')}`, 'terraform apply sets the flags')
}
