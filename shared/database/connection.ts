// Opens connections to the database by the configured method: password, access token, or the Cloud SQL connector.
import { Client, type ClientConfig } from 'pg'
import { logger } from '../base/logger.ts'
import type { Clock } from '../base/time.ts'
import type { DatabaseConfig } from '../config/config.ts'
import { metadataTokens } from './access-token.ts'
import { cloudSql } from './cloud-sql.ts'
import { codeOf, isLoginFailure } from './database-errors.ts'
import { type ReadSalt, readLoginSalt } from './login-salt.ts'

export interface ClientOptions {
  readonly connectTimeoutMs: number
  readonly now: Clock
  /** Further options of pg, except the address and the user. */
  readonly more?: Pick<ClientConfig, 'application_name' | 'keepAlive' | 'options' | 'types'>
}

export interface ClientOpener {
  /**
   * Opens a client that is logged in. When the login fails with a token or certificate that was not obtained just now, it is tried once
   * more with a new one: an instance that was suspended does not notice that the old one expired.
   * @throws the errors of pg, or {WayInError} when there is no token, or no instance by the connector.
   */
  open(): Promise<Client>
  /** Stops the connector's timer, which would prevent the process from exiting. Safe to repeat. */
  close(): void
}

/** A connection method: how a client reaches the server, and which credential it presents. */
interface Way {
  /** Returns pg's settings for one connection. */
  config(): Promise<ClientConfig>
  /** Returns when the current token or certificate was obtained, in ms since 1970; undefined for passwords, which do not expire. */
  since(): number | undefined
  forget(): void
}

/** A credential younger than this cannot have expired: the login failed for another reason, and a new one would only add load. */
const NOT_TO_BLAME_MS = 60_000
const LOGIN_SCOPE = 'https://www.googleapis.com/auth/sqlservice.login'

/** Prepares connections to a database; nothing is loaded or connected before the first `open`. */
export function clientOpener(config: DatabaseConfig, options: ClientOptions): ClientOpener {
  const way = wayOf(config, options)
  const open = async () => await login(await way.config(), options)
  return {
    async open() {
      const begun = options.now()
      try {
        return await open()
      } catch (error) {
        const since = way.since()
        if (since === undefined || begun - since < NOT_TO_BLAME_MS || !isLoginFailure(error)) throw error
        logger.warn({ code: codeOf(error) }, 'database.login_renewed')
        way.forget()
        return await open()
      }
    },
    close: () => way.forget(),
  }
}

/**
 * Makes a function that asks for the salts of logins by the same connection method. Each question uses a connection of its own that never
 * logs in.
 */
export function saltReader(config: DatabaseConfig, options: ClientOptions): ReadSalt {
  const way = wayOf(config, options)
  return async (user) => {
    try {
      return await readLoginSalt(await way.config(), user, options.connectTimeoutMs)
    } finally {
      // The connector's timer would prevent the process from exiting.
      way.forget()
    }
  }
}

async function login(config: ClientConfig, { connectTimeoutMs, more }: ClientOptions): Promise<Client> {
  const client = new Client({ ...more, ...config, connectionTimeoutMillis: connectTimeoutMs })
  client.on('error', () => {})
  await client.connect()
  return client
}

function wayOf(config: DatabaseConfig, options: ClientOptions): Way {
  if (config.cloudSql) return byConnector(config.url, config.password, config.cloudSql, options)
  if (config.iam) return byToken(config, config.iam.metadataHost, options)
  const connectionString = withPassword(config.url, config.password)
  return { config: async () => ({ connectionString, ...tls(config.ca) }), since: () => undefined, forget: () => {} }
}

function byToken({ url, ca }: DatabaseConfig, host: string, { connectTimeoutMs, now }: ClientOptions): Way {
  const tokens = metadataTokens({ host, scope: LOGIN_SCOPE, timeoutMs: connectTimeoutMs, now })
  const { hostname, port, ...who } = partsOf(url)
  return {
    // The token is fetched before the connection is opened, because a connection that waits for a token counts against the limit.
    config: async () => ({ ...who, host: hostname, port, password: await tokens.get(), ...tls(ca) }),
    since: () => tokens.since(),
    forget: () => tokens.forget(),
  }
}

function byConnector(
  url: string,
  password: string | undefined,
  { instance, adminEndpoint }: NonNullable<DatabaseConfig['cloudSql']>,
  { connectTimeoutMs, now }: ClientOptions,
): Way {
  const { user, database, password: inUrl } = partsOf(url)
  const secret = password ?? inUrl
  const iam = secret === undefined
  const connector = cloudSql({ instance, adminEndpoint, iam, timeoutMs: connectTimeoutMs, now })
  const who = { user, database, ...(iam ? {} : { password: secret }) }
  return {
    config: async () => ({ ...who, stream: await connector.streams() }),
    since: () => connector.since(),
    forget: () => connector.forget(),
  }
}

/** Cloud SQL's certificate names the instance, not a host: trust comes from the pinned CA, which signs only for this instance. */
const tls = (ca: string | undefined): Pick<ClientConfig, 'ssl'> =>
  ca === undefined ? {} : { ssl: { ca, rejectUnauthorized: true, checkServerIdentity: () => undefined } }

/** Some URLs that pg accepts are not valid for `new URL`, but every one accepts a password in this position. */
const withPassword = (url: string, password: string | undefined): string =>
  password === undefined ? url : url.replace(/^([^/]*\/\/[^/@:]*)@/, `$1:${encodeURIComponent(password)}@`)

function partsOf(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url.replace('@/', '@localhost/'))
  return {
    hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  }
}
