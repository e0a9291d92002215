// Connects by the Cloud SQL connector, which finds an instance's private address and makes TLS with certificates that live for an hour.
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/time.ts'
import { answerWithin } from '../base/timeout.ts'
import { WayInError } from './database-errors.ts'

export interface CloudSqlOptions {
  /** `project:region:instance`. */
  readonly instance: string
  /** Address of the Cloud SQL Admin API; Google's when undefined. */
  readonly adminEndpoint: string | undefined
  /** True to log in as the service account, by its token; false to use the user's password. */
  readonly iam: boolean
  readonly timeoutMs: number
  readonly now: Clock
}

export interface CloudSql {
  /**
   * Returns a function that makes sockets to the instance. The first call loads the connector and asks the Admin API.
   * @throws {WayInError} when the instance cannot be found or used; the failure is not cached.
   */
  streams(): Promise<() => Duplex>
  /** Returns when the current connector was made, in milliseconds since 1970. */
  since(): number | undefined
  /** Drops the current connector, so the next call makes another one. Open sockets stay open. */
  forget(): void
}

interface Made {
  readonly connector: { close(): void }
  readonly at: number
  readonly stream: () => Duplex
}

/** Prepares connections by the connector. Nothing is loaded, asked or scheduled before the first connection. */
export function cloudSql(options: CloudSqlOptions): CloudSql {
  let made: Made | undefined
  return {
    async streams() {
      made ??= await make(options)
      return made.stream
    },
    since: () => made?.at,
    forget() {
      made?.connector.close()
      made = undefined
    },
  }
}

async function make({ instance, adminEndpoint, iam, timeoutMs, now }: CloudSqlOptions): Promise<Made> {
  const at = now()
  // The connector is outside the bundle and is loaded only when it is used, because loading takes longer than the rest of a start.
  const { AuthTypes, Connector, IpAddressTypes } = await import('@google-cloud/cloud-sql-connector')
  const connector = new Connector(adminEndpoint === undefined ? {} : { sqlAdminAPIEndpoint: adminEndpoint })
  const options = connector.getOptions({
    instanceConnectionName: instance,
    authType: iam ? AuthTypes.IAM : AuthTypes.PASSWORD,
    ipType: IpAddressTypes.PRIVATE,
  })
  try {
    const { stream } = await answerWithin(timeoutMs, options)
    return { connector, at, stream }
  } catch (error) {
    // It is closed only if it succeeds after all: version 1.13 causes an unhandled rejection when a failed connector is closed.
    options.then(
      () => connector.close(),
      () => {},
    )
    throw new WayInError(isLasting(error) ? 'lasting' : 'passing', describe(instance, error), error)
  }
}

/**
 * True when another try at once is useless: the Admin API does not know the instance or refuses access, or the instance has no private
 * address.
 */
function isLasting(error: unknown): boolean {
  const { status, code } = error as { readonly status?: unknown; readonly code?: unknown }
  if (typeof status === 'number') return status >= 400 && status < 500 && status !== 408 && status !== 429
  return typeof code === 'string' && /SQLADMIN|^EBAD/.test(code)
}

const describe = (instance: string, error: unknown): string =>
  `cannot connect to the Cloud SQL instance ${instance}: ${error instanceof Error ? error.message : String(error)}`
