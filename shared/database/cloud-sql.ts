// The Cloud SQL connector: finds an instance's private address and makes TLS with certificates that live for an hour.
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/time.ts'
import { answerWithin } from '../base/timeout.ts'
import { WayInError } from './database-errors.ts'

export interface CloudSqlOptions {
  /** `project:region:instance`. */
  readonly instance: string
  /** Address of the Cloud SQL Admin API; undefined: Google's. */
  readonly adminEndpoint: string | undefined
  /** Logs in as the service account, by its token; else by the user's password. */
  readonly iam: boolean
  readonly timeoutMs: number
  readonly now: Clock
}

export interface CloudSql {
  /**
   * Makes sockets to the instance. The first call loads the connector and asks the Admin API.
   * @throws {WayInError} when the instance cannot be found or used; nothing of it is remembered.
   */
  streams(): Promise<() => Duplex>
  /** When the connector that is in use was made, in milliseconds since 1970. */
  since(): number | undefined
  /** The next call makes another connector. Sockets that are open stay open. */
  forget(): void
}

interface Made {
  readonly connector: { close(): void }
  readonly at: number
  readonly stream: () => Duplex
}

/** Prepares the way by the connector; nothing is loaded, asked or scheduled before the first connection. */
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
  // Outside the bundle, and only where it is the way in: loading it takes longer than the rest of a start.
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
    // Closed only if it succeeds after all: 1.13 rejects into nowhere when one that failed is closed.
    options.then(
      () => connector.close(),
      () => {},
    )
    throw new WayInError(isLasting(error) ? 'lasting' : 'passing', describe(instance, error), error)
  }
}

/** The Admin API does not know the instance or does not let us, or the instance has no private address: no use to ask again at once. */
function isLasting(error: unknown): boolean {
  const { status, code } = error as { readonly status?: unknown; readonly code?: unknown }
  if (typeof status === 'number') return status >= 400 && status < 500 && status !== 408 && status !== 429
  return typeof code === 'string' && /SQLADMIN|^EBAD/.test(code)
}

const describe = (instance: string, error: unknown): string =>
  `cannot connect to the Cloud SQL instance ${instance}: ${error instanceof Error ? error.message : String(error)}`
