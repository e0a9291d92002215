// The connection of a person's commands: DATABASE_URL, or the database of the suite that runs in this checkout.
import { type DatabaseConfig, databaseConfig, databaseSchema, parseEnvironment } from '@penstock/shared/config.ts'
import { clientOpener } from '@penstock/shared/connection.ts'
import type { Client } from 'pg'
import { readLocalSuite } from './local/state.ts'

const CONNECT_TIMEOUT_MS = 10_000

/**
 * The way into the database that a command is to use: DATABASE_URL, with DATABASE_PASSWORD and DATABASE_CA or by whichever other
 * way a function has. In a Cloud Run job as in a function: no password goes out without TLS.
 * @throws {Error} for settings that are wrong or contradict each other.
 */
export function adminDatabase(url: string, environment: NodeJS.ProcessEnv): DatabaseConfig {
  const settings = parseEnvironment(databaseSchema, { ...environment, DATABASE_URL: url })
  return databaseConfig(settings, environment['CLOUD_RUN_JOB'] !== undefined)
}

/**
 * Connects, runs the work and disconnects.
 * @throws {Error} when there is no database to connect to, and what the work throws.
 */
export async function withAdminClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const url = process.env['DATABASE_URL'] ?? readLocalSuite()?.database_url
  if (url === undefined) throw new Error('no database: start the suite (npm start), or set DATABASE_URL')
  const options = { connectTimeoutMs: CONNECT_TIMEOUT_MS, now: Date.now, more: { options: '-c timezone=UTC' } }
  const opener = clientOpener(adminDatabase(url, process.env), options)
  try {
    const client = await connected(opener.open())
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  } finally {
    opener.close()
  }
}

async function connected(opening: Promise<Client>): Promise<Client> {
  try {
    return await opening
  } catch (error) {
    const { message, code } = error as { readonly message: string; readonly code?: string }
    throw new Error(`cannot connect to the database: ${message || code}`, { cause: error })
  }
}
