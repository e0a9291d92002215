// The connection of a person's commands and of the admin job: by DATABASE_URL and its companions, or to the suite of this checkout.
import { databaseConfig, databaseSchema, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { type ClientOpener, clientOpener } from '@penstock/shared/database/connection.ts'
import type { Client, ClientConfig } from 'pg'
import { readLocalSuite } from '../cli/state.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Optional properties of a session. */
export interface AdminSession {
  /** Settings of the session. */
  readonly settings?: Readonly<Record<string, string>>
  readonly types?: ClientConfig['types']
}

/** PostgreSQL's error code when a session asks for a role that does not exist. */
const NO_SUCH_ROLE = '22023'

/**
 * Connects, runs the work and disconnects.
 * @throws {Error} when there is no database to connect to or its settings are invalid, and the errors of the work.
 */
export async function withAdminClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { client, close } = await connectAdmin()
  try {
    return await work(client)
  } finally {
    await close()
  }
}

/**
 * Connects; `close` disconnects.
 * @throws {Error} when there is no database to connect to, its settings are invalid, or a role of the session does not exist.
 */
export async function connectAdmin(
  session: AdminSession = {},
): Promise<{ readonly client: Client; readonly close: () => Promise<void> }> {
  const opener = adminOpener(process.env, session)
  const client = await connect(opener)
  // A lost connection fails its current statement, which reports it.
  client.on('error', () => {})
  return {
    client,
    async close() {
      await client.end()
      opener.close()
    },
  }
}

function adminOpener(environment: Environment, { settings = {}, types }: AdminSession): ClientOpener {
  const url = environment['DATABASE_URL'] ?? readLocalSuite()?.database_url
  if (url === undefined) throw new Error('no database: start the suite (npm start), or set DATABASE_URL')
  const parsed = parseEnvironment(databaseSchema, { ...environment, DATABASE_URL: url })
  const inCloud = environment['CLOUD_RUN_JOB'] !== undefined || environment['K_SERVICE'] !== undefined
  const options = Object.entries({ timezone: 'UTC', ...settings }).map(([name, value]) => `-c ${name}=${value}`)
  return clientOpener(databaseConfig(parsed, inCloud), {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    now: Date.now,
    more: { application_name: 'penstock admin', options: options.join(' '), ...(types && { types }) },
  })
}

async function connect(opener: ClientOpener): Promise<Client> {
  try {
    return await opener.open()
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    if (code === NO_SUCH_ROLE) throw new Error('this database is not migrated: npm run migrate', { cause: error })
    // The code is copied, because callers decide by it whether to connect again.
    throw Object.assign(new Error(`cannot connect to the database: ${message || code}`, { cause: error }), { code })
  }
}
