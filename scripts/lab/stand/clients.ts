// Connections of the lab's own, as the superuser or as a function's role.
import { Client, type ClientConfig } from 'pg'

const CONNECT_MS = 10_000

export interface ClientOptions {
  /**
   * Time limit of a statement in ms. The default is 10 minutes, for statements that read whole tables; 0 removes the limit, which COPY
   * streams need.
   */
  readonly statementMs?: number
  readonly applicationName?: string
}

/** Connects to the URL, with times in UTC. The caller must end the connection. */
export async function connectClient(url: string, options: ClientOptions = {}): Promise<Client> {
  const { statementMs = 600_000, applicationName } = options
  const client = lasting({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: statementMs,
    application_name: applicationName,
    options: '-c timezone=UTC',
  })
  await client.connect()
  return client
}

/**
 * Returns a client that is not connected yet. When the server ends its connection between two statements, only the next
 * statement fails. Without a listener for errors, the whole program would end.
 */
export function lasting(config: ClientConfig): Client {
  const client = new Client(config)
  client.on('error', () => {})
  return client
}

/** Connects, works, and disconnects. @throws the error of the work. */
export async function connected<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  options: ClientOptions = {},
): Promise<T> {
  const client = await connectClient(url, options)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Returns the first column of the first row. */
export async function one(client: Client, sql: string, parameters: readonly unknown[] = []): Promise<string> {
  const { rows } = await client.query<string[]>({ text: sql, values: [...parameters], rowMode: 'array' })
  return String(rows[0]?.[0])
}
