// What a run stands on: a server of its own, migrated with a tier, with tenants and keys; and fleets of functions on it.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { budget, type Tier } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { createKey } from '../../../database/keys/key-store.ts'
import { migrate } from '../../../database/migrate.ts'
import { roleOf } from '../../../database/roles.ts'
import type { FunctionKeys } from '../../../local/function-environment.ts'
import { type OidcIssuer, startOidcIssuer } from '../../../local/issuers/oidc-issuer.ts'
import { openProcessLog } from '../../../local/process-log.ts'
import type { Tenant } from '../load/producer.ts'
import { type Server, startServer } from './server.ts'

export interface World {
  readonly server: Server
  readonly issuer: OidcIssuer
  readonly tier: Tier
  /** A platform key with `operate`. */
  readonly operatorKey: string
  readonly keys: FunctionKeys
  /** Where the logs of server and functions are. */
  readonly logFolder: string
  /** A function's own way to the server, or to what stands before it. */
  readonly urlOf: (functionName: string, port?: number) => string
  /** Makes tenants, each with a key for all that the load's clients and workers do. */
  makeTenants(names: readonly string[]): Promise<readonly Tenant[]>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly tier: Tier
  /** The folder for everything; it is the caller's to delete. */
  readonly folder: string
  readonly settings?: Readonly<Record<string, string | number>>
}

/** Starts the server and prepares its database as a deployment does. @throws {Error} after what was started is stopped again. */
export async function openWorld({ tier, folder, settings = {} }: WorldOptions): Promise<World> {
  const parts = new AsyncDisposableStack()
  try {
    const logFolder = join(folder, 'logs')
    mkdirSync(logFolder, { recursive: true })
    const log = openProcessLog({ clock: Date.now, show: () => {} }, 'postgres', join(logFolder, 'postgres.log'))
    parts.defer(() => log.close())
    const issuer = parts.adopt(await startOidcIssuer({ clock: Date.now }), (one) => one.close())
    const server = parts.adopt(
      await startServer({
        folder,
        password: randomBytes(16).toString('hex'),
        settings: { ...settings, max_connections: budget.tiers[tier].max_connections },
        log: (text) => log.write(Buffer.from(text)),
      }),
      (one) => one.stop(),
    )
    const passwords = Object.fromEntries(Object.keys(budget.functions).map((name) => [name, hex(16)]))
    await migrate({ url: server.url, tier, passwords })
    const keys = { cursor: hex(32), pointId: hex(16), checksum: hex(32) }
    const checksumKey = Buffer.from(keys.checksum, 'hex')
    const operatorKey = await withClient(server.url, async (client) => {
      const wanted = { tenant: null, scopes: ['operate'], expiresInDays: null }
      return (await createKey({ client, randomBytes, checksumKey }, wanted)).key
    })
    return {
      server,
      issuer,
      tier,
      operatorKey,
      keys,
      logFolder,
      urlOf(functionName, port = server.port) {
        const url = new URL(server.url)
        url.username = roleOf(functionName)
        url.password = passwords[functionName] ?? ''
        url.port = String(port)
        return url.href
      },
      makeTenants: async (names) => await makeTenants(server.url, checksumKey, names),
      close: async () => await parts.disposeAsync(),
    }
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

/** A folder that the server's user may enter. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-faults-'))
  chmodSync(folder, 0o755)
  return folder
}

/** Safe to repeat. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

async function makeTenants(url: string, checksumKey: Buffer, names: readonly string[]): Promise<readonly Tenant[]> {
  return await withClient(url, async (client) => {
    const tenants: Tenant[] = []
    for (const name of names) {
      const wanted = {
        tenant: name,
        scopes: ['metrics:write', 'metrics:read', 'feedback:write', 'backfill:write', 'backfill:read'],
        expiresInDays: null,
      }
      tenants.push({ name, apiKey: (await createKey({ client, randomBytes, checksumKey }, wanted)).key })
    }
    return tenants
  })
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
