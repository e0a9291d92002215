// Reads the salt of a login's password, which PostgreSQL sends to anybody who begins to log in, before it asks for the password.
import { Client, type ClientConfig } from 'pg'

export interface LoginSalt {
  /** In base64, as PostgreSQL stores it. */
  readonly salt: string
  readonly iterations: number
}

/** Returns the salt of a login; undefined when the server does not ask it for a password by SCRAM. */
export type ReadSalt = (user: string) => Promise<LoginSalt | undefined>

/** The part of the driver's connection whose events are used. */
interface SaslConnection {
  once(event: 'authenticationSASLContinue', heard: (message: { readonly data: string }) => void): void
}

const FIRST_MESSAGE = /(?:^|,)s=([A-Za-z0-9+/]+=*),i=(\d{1,9})(?:,|$)/

/**
 * Begins to log in as a user, and closes the connection when the server has sent the salt (RFC 5802, server-first-message). The server
 * logs no failed login, and sends a made-up salt for a login without a password. Returns undefined when the server does not ask for a
 * password by SCRAM.
 * @throws the errors of pg when the server is not reached within the time-out.
 */
export async function readLoginSalt(
  config: ClientConfig,
  user: string,
  timeoutMs: number,
): Promise<LoginSalt | undefined> {
  const client = new Client({ ...asUser(config, user), connectionTimeoutMillis: timeoutMs })
  client.on('error', () => {})
  const { connection } = client as unknown as {
    readonly connection: SaslConnection & { readonly stream: { destroy(): void } }
  }
  let found: LoginSalt | undefined
  // This listener runs before the driver's own, so no proof of a password is ever sent.
  connection.once('authenticationSASLContinue', ({ data }) => {
    const [, salt, iterations] = FIRST_MESSAGE.exec(data) ?? []
    if (salt !== undefined) found = { salt, iterations: Number(iterations) }
    connection.stream.destroy()
  })
  try {
    await client.connect()
  } catch (error) {
    if (found) return found
    // 28000 and 28P01: the login was refused without SCRAM.
    if ((error as { code?: string }).code?.startsWith('28')) return undefined
    throw error
  } finally {
    await client.end().catch(() => {})
  }
  return undefined
}

/** Keeps the configured address but changes the user. The user of a connection string would take precedence over a field. */
function asUser({ connectionString, ...config }: ClientConfig, user: string): ClientConfig {
  const who = { user, password: 'none' }
  if (connectionString === undefined) return { ...config, ...who }
  const other = connectionString.replace(/^([^/]*\/\/)[^/@]*@/, `$1${encodeURIComponent(user)}:none@`)
  return { ...config, ...who, connectionString: other }
}
