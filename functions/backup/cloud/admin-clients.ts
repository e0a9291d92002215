// The clients of the Cloud SQL Admin API, over REST with tokens of the metadata server.
import type { v1 } from '@google-cloud/sql'
import { metadataTokens } from '@penstock/shared/database/access-token.ts'

export interface SqlAdminOptions {
  readonly project: string
  /** The suite's own instance. */
  readonly instance: string
  /** Address of the service, which then needs no token; Google's when absent. */
  readonly endpoint: string | undefined
  readonly metadataHost: string
  readonly now: () => number
}

export interface AdminClients {
  readonly instances: v1.SqlInstancesServiceClient
  readonly backups: v1.SqlBackupRunsServiceClient
  readonly operations: v1.SqlOperationsServiceClient
}

type Options = NonNullable<ConstructorParameters<typeof v1.SqlInstancesServiceClient>[0]>

const SCOPE = 'https://www.googleapis.com/auth/sqlservice.admin'
const TIMEOUT_MS = 10_000

/** Loads the package and makes the clients. Nothing is connected yet. */
export async function openClients({ endpoint, metadataHost: host, now }: SqlAdminOptions): Promise<AdminClients> {
  const { v1: package1 } = await import('@google-cloud/sql')
  const tokens = endpoint === undefined ? metadataTokens({ host, scope: SCOPE, timeoutMs: TIMEOUT_MS, now }) : undefined
  const headersOf = async (): Promise<Headers> =>
    new Headers(tokens ? { authorization: `Bearer ${await tokens.get()}` } : {})
  // Everything that the client's REST transport uses of its `auth`: google-gax/build/src/fallbackServiceStub.js calls only `fetch`.
  const auth = {
    getRequestHeaders: headersOf,
    async fetch(url: string, { method, headers, body, signal }: RequestInit): Promise<Response> {
      const all = new Headers(headers)
      for (const [name, value] of await headersOf()) all.set(name, value)
      return await fetch(addressOf(url, endpoint), {
        method,
        headers: all,
        body,
        signal,
        redirect: 'error',
      } as RequestInit)
    },
  }
  const options = { fallback: true, auth } as unknown as Options
  return {
    instances: new package1.SqlInstancesServiceClient(options),
    backups: new package1.SqlBackupRunsServiceClient(options),
    operations: new package1.SqlOperationsServiceClient(options),
  }
}

/** The path of a request at another address than Google's. */
function addressOf(url: string, endpoint: string | undefined): string {
  if (endpoint === undefined) return url
  const { pathname, search } = new URL(url)
  return `${endpoint.replace(/\/$/, '')}${pathname}${search}`
}
