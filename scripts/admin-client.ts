// The connection of a person's commands and of the admin job: DATABASE_URL and its companions, or the suite of this checkout.
import { databaseConfig, databaseSchema, type Environment, parseEnvironment } from '@penstock/shared/config.ts'
import { type ClientOpener, clientOpener } from '@penstock/shared/connection.ts'
import type { Client } from 'pg'
import { readLocalSuite } from './local/state.ts'

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Connects, runs the work and disconnects.
 * @throws {Error} when there is no database to connect to or its settings are wrong, and what the work throws.
 */
export async function withAdminClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const opener = adminOpener(process.env)
  const client = await connect(opener)
  // What is lost fails the statement under way.
  client.on('error', () => {})
  try {
    return await work(client)
  } finally {
    await client.end()
    opener.close()
  }
}

function adminOpener(environment: Environment): ClientOpener {
  const url = environment['DATABASE_URL'] ?? readLocalSuite()?.database_url
  if (url === undefined) throw new Error('no database: start the suite (npm start), or set DATABASE_URL')
  const settings = parseEnvironment(databaseSchema, { ...environment, DATABASE_URL: url })
  const inCloud = environment['CLOUD_RUN_JOB'] !== undefined || environment['K_SERVICE'] !== undefined
  return clientOpener(databaseConfig(settings, inCloud), {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    now: Date.now,
    more: { application_name: 'penstock admin', options: '-c timezone=UTC' },
  })
}

async function connect(opener: ClientOpener): Promise<Client> {
  try {
    return await opener.open()
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    throw new Error(`cannot connect to the database: ${message || code}`, { cause: error })
  }
}
