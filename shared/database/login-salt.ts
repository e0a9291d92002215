// The salt of a login's password, which PostgreSQL tells everybody who begins to log in, before it asks for the password.
import { Client, type ClientConfig } from 'pg'

export interface LoginSalt {
  /** Base64, as PostgreSQL stores it. */
  readonly salt: string
  readonly iterations: number
}

/** The salt of a login; undefined when the server does not ask it for a password by SCRAM. */
export type ReadSalt = (user: string) => Promise<LoginSalt | undefined>

/** The part of the driver's connection that is listened to. */
interface SaslConnection {
  once(event: 'authenticationSASLContinue', heard: (message: { readonly data: string }) => void): void
}

const FIRST_MESSAGE = /(?:^|,)s=([A-Za-z0-9+/]+=*),i=(\d{1,9})(?:,|$)/

/**
 * Begins to log in as a user, and hangs up when the server has told the salt (RFC 5802, server-first-message). The server logs no failed
 * login, and tells some salt for a login that has no password too. Undefined when the server does not ask for a password by SCRAM.
 * @throws what pg throws when the server is not reached within the time-out.
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
  // Before the driver's own listener: the password that is none is never proved.
  connection.once('authenticationSASLContinue', ({ data }) => {
    const [, salt, iterations] = FIRST_MESSAGE.exec(data) ?? []
    if (salt !== undefined) found = { salt, iterations: Number(iterations) }
    connection.stream.destroy()
  })
  try {
    await client.connect()
  } catch (error) {
    if (found) return found
    // 28000 and 28P01: refused without SCRAM.
    if ((error as { code?: string }).code?.startsWith('28')) return undefined
    throw error
  } finally {
    await client.end().catch(() => {})
  }
  return undefined
}

/** With the address of the configuration, as another user. The user of a connection string would win over a field. */
function asUser({ connectionString, ...config }: ClientConfig, user: string): ClientConfig {
  const who = { user, password: 'none' }
  if (connectionString === undefined) return { ...config, ...who }
  const other = connectionString.replace(/^([^/]*\/\/)[^/@]*@/, `$1${encodeURIComponent(user)}:none@`)
  return { ...config, ...who, connectionString: other }
}
