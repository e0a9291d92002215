// A connection for one piece of work of a drill.
import { Client } from 'pg'

const CONNECT_MS = 10_000
/** A drill's statements read whole tables. */
const STATEMENT_MS = 600_000

/** Connects, works, disconnects. @throws what the work throws. */
export async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    options: '-c timezone=UTC',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The first column of the first row. */
export async function one(client: Client, sql: string, parameters: readonly unknown[] = []): Promise<string> {
  const { rows } = await client.query<string[]>({ text: sql, values: [...parameters], rowMode: 'array' })
  return String(rows[0]?.[0])
}
