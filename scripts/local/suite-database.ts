// The suite's database: the embedded server, or the one that DATABASE_URL names; migrated, with the keys of this checkout.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { platformScopes } from '@penstock/shared/base/wire.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { DISK_PROBE } from '@penstock/shared/database/database-health.ts'
import { Client } from 'pg'
import type { Secrets } from '../cli/state.ts'
import { addDefaultRules } from '../data/alert-rules/default-rules.ts'
import { createKey, isKeyUsable } from '../database/keys/key-store.ts'
import { migrate } from '../database/migrate.ts'
import { type EmbeddedPostgres, startPostgres } from '../database/postgres.ts'
import { roleOf } from '../database/roles.ts'
import { ensureSuiteTenant } from '../database/suite-tenant.ts'

export interface SuiteDatabase {
  /** URL of the superuser. */
  readonly url: string
  /** The settings of the embedded server; undefined for another one, whose files cannot be copied. */
  readonly serverSettings: Readonly<Record<string, string | number>> | undefined
  /** Returns the URL of a function's own role; undefined for a function without a database. */
  urlOf(functionName: string): string | undefined
  /** Returns true when the database answers and can write to its disk. */
  isUp(): Promise<boolean>
  /** Resolves when the embedded server ends for any reason; never resolves for another server. */
  readonly ended: Promise<void>
  /** Stops the embedded server; another server is left running. Safe to repeat. */
  stop(): Promise<void>
}

export interface DatabaseOptions {
  readonly stateFolder: string
  /** The tier whose budget holds. */
  readonly tier: Tier
  readonly secrets: Secrets
  /** A superuser's URL of a server to use instead of the embedded one. */
  readonly given: string | undefined
  readonly log: (text: string) => void
}

const DATABASE = 'penstock'
const CONNECT_MS = 10_000
const HEALTH_MS = 2_000

/** Starts the embedded server if it is used, creates the database if it is missing, and migrates it. Safe to repeat. */
export async function openSuiteDatabase(options: DatabaseOptions): Promise<SuiteDatabase> {
  const embedded = options.given === undefined ? await startEmbedded(options) : undefined
  try {
    const url = withDatabase(embedded?.url ?? options.given ?? '')
    await ensureDatabase(url)
    await migrate({
      url,
      tier: options.tier,
      // The suite that ran here before is over.
      retire: true,
      passwords: options.secrets.function_passwords,
      log: (line) => options.log(`${line}\n`),
    })
    return {
      url,
      serverSettings: embedded ? serverSettings(options.tier) : undefined,
      urlOf: (name) => {
        const password = options.secrets.function_passwords[name]
        return password === undefined ? undefined : asRole(url, roleOf(name), password)
      },
      isUp: () => answers(url),
      ended: new Promise((resolve) => embedded?.process.once('exit', () => resolve())),
      stop: async () => await embedded?.stop(),
    }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/**
 * Makes the tenant of the suite's own numbers with its default alert rules, and returns the keys in local.json: one of the tenant `default` with every tenant scope, and one of the platform with `operate`. Existing
 * keys are reused while they are valid in this database; otherwise new ones are made.
 */
export async function ensureKeys(
  url: string,
  secrets: Secrets,
): Promise<{ readonly api_key: string; readonly operator_key: string }> {
  const checksumKey = Buffer.from(secrets.key_checksum_key, 'hex')
  return await withClient(url, async (client) => {
    await ensureSuiteTenant(client)
    await addDefaultRules(client)
    const ensure = async (
      kept: string | undefined,
      tenant: string | null,
      scopes: readonly string[],
    ): Promise<string> => {
      if (kept !== undefined && (await isKeyUsable({ client, checksumKey }, kept, { tenant, scopes }))) return kept
      return (await createKey({ client, randomBytes, checksumKey }, { tenant, scopes, expiresInDays: null })).key
    }
    return {
      api_key: await ensure(secrets.api_key, 'default', tenantScopes),
      operator_key: await ensure(
        secrets.operator_key,
        null,
        platformScopes.filter((scope) => scope === 'operate'),
      ),
    }
  })
}

async function startEmbedded({ stateFolder, tier, secrets, log }: DatabaseOptions): Promise<EmbeddedPostgres> {
  return await startPostgres({
    dataDir: join(stateFolder, 'postgres'),
    port: 0,
    password: secrets.postgres_password,
    settings: serverSettings(tier),
    log,
  })
}

const serverSettings = (tier: Tier): Readonly<Record<string, string | number>> => ({
  max_connections: budget.tiers[tier].max_connections,
  shared_preload_libraries: 'pg_stat_statements',
  // Otherwise the text of `alter role … password '…'` is retained word for word.
  'pg_stat_statements.track_utility': 'off',
})

function withDatabase(server: string): string {
  const url = new URL(server)
  if (['', '/', '/postgres'].includes(url.pathname)) url.pathname = `/${DATABASE}`
  return url.href
}

/** Creates the database if it is missing. */
async function ensureDatabase(url: string): Promise<void> {
  const server = new URL(url)
  const name = decodeURIComponent(server.pathname.slice(1))
  server.pathname = '/postgres'
  await withClient(server.href, async (client) => {
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  })
}

function asRole(url: string, role: string, password: string): string {
  const own = new URL(url)
  own.username = role
  own.password = password
  return own.href
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query(DISK_PROBE), HEALTH_MS)
    return true
  } catch {
    return false
  }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>, timeoutMs = CONNECT_MS): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') {
      throw new Error('the database does not accept the password in .penstock/secrets.json: begin again with --fresh', {
        cause: error,
      })
    }
    throw new Error(`cannot connect to the database: ${(error as Error).message}`, { cause: error })
  }
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
