// The connection of a person's commands: DATABASE_URL, or the database of the suite that runs in this checkout.
import { Client } from 'pg'
import { readLocalSuite } from './local/state.ts'

/**
 * Connects, runs the work and disconnects.
 * @throws {Error} when there is no database to connect to, and what the work throws.
 */
export async function withAdminClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const url = process.env['DATABASE_URL'] ?? readLocalSuite()?.database_url
  if (url === undefined) throw new Error('no database: start the suite (npm start), or set DATABASE_URL')
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, options: '-c timezone=UTC' })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Error(
      `cannot connect to the database: ${(error as Error).message || (error as { code?: string }).code}`,
      {
        cause: error,
      },
    )
  }
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
