// The base of every test program in the lab: a migrated PostgreSQL server of its own, keys, and an issuer of tokens.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget, connectedIn } from '@penstock/shared/database/connection-budget.ts'
import { ARCHIVE_BUCKET, CHANNEL_KEYS, keepChannelKeys } from '../../cli/state.ts'
import { createKey } from '../../database/keys/key-store.ts'
import { migrate } from '../../database/migrate.ts'
import { roleOf } from '../../database/roles.ts'
import { servedIn } from '../../deploy/deployments.ts'
import type { EnvironmentOptions, FunctionKeys } from '../../local/function-environment.ts'
import type { FunctionSettings } from '../../local/function-process.ts'
import { type OidcIssuer, startOidcIssuer } from '../../local/issuers/oidc-issuer.ts'
import { openProcessLog } from '../../local/process-log.ts'
import { startStorage } from '../../local/storage/server.ts'
import { connected } from './clients.ts'
import { functionSettings } from './lab-function.ts'
import { type Server, startServer } from './server.ts'

export interface LabStand {
  readonly folder: string
  /** The folder of the logs of server and functions. */
  readonly logFolder: string
  readonly tier: Tier
  readonly server: Server
  readonly issuer: OidcIssuer
  readonly keys: FunctionKeys
  /** The passwords of the functions' roles, by function. */
  readonly passwords: Readonly<Record<string, string>>
  /** The URL that a deployment, or the one that serves a slice, connects with; `port` is that of a proxy before the server. */
  readonly urlOf: (functionName: string, port?: number) => string
  /** Makes an API key, and its tenant if it does not exist; a tenant of null makes a platform key. */
  makeKey(tenant: string | null, scopes: readonly string[], random?: (bytes: number) => Buffer): Promise<string>
  /** Returns everything that a function's process is started with. @throws {Error} when there is no such function. */
  settingsOf(functionName: string, options?: Partial<EnvironmentOptions>): FunctionSettings
}

export interface LabStandOptions {
  /** The folder for everything; the caller deletes it. */
  readonly folder: string
  /** The default is standard. */
  readonly tier?: Tier
  /** Settings of the server, added to the tier's. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Shows a line when the server logs an error. */
  readonly show?: (line: string) => void
  /** Takes everything that the server logs. */
  readonly onServerLog?: (text: string) => void
}

/**
 * Starts the server and prepares its database like a deployment does. The steps that stop it are put on `parts`, also when only some of
 * it has started.
 */
export async function openLabStand(options: LabStandOptions, parts: AsyncDisposableStack): Promise<LabStand> {
  const { folder, tier = 'standard' } = options
  const logFolder = join(folder, 'logs')
  for (const path of [logFolder, join(folder, 'run')]) mkdirSync(path, { recursive: true })
  const server = await startLoggedServer(options, logFolder, parts)
  const issuer = parts.adopt(await startOidcIssuer({ clock: Date.now }), (one) => one.close())
  const buckets = { folder: join(folder, 'storage'), clock: Date.now, buckets: [ARCHIVE_BUCKET] }
  const storage = parts.adopt(await startStorage(buckets), (one) => one.close())
  const passwords = Object.fromEntries(connectedIn(tier).map((name) => [name, hex(16)]))
  await migrate({ url: server.url, tier, passwords })
  keepChannelKeys(folder)
  const alerts = { keyFile: join(folder, CHANNEL_KEYS) }
  const keys = { cursor: hex(32), pointId: hex(16), checksum: hex(32) }
  const checksumKey = Buffer.from(keys.checksum, 'hex')
  const urlOf = (functionName: string, port = server.port): string => {
    const url = new URL(server.url)
    const name = servedIn(tier, functionName)
    url.username = roleOf(name)
    url.password = passwords[name] ?? ''
    url.port = String(port)
    return url.href
  }
  return {
    folder,
    logFolder,
    tier,
    server,
    issuer,
    keys,
    passwords,
    urlOf,
    makeKey: async (tenant, scopes, random = randomBytes) =>
      await connected(server.url, async (client) => {
        const wanted = { tenant, scopes, expiresInDays: null }
        return (await createKey({ client, randomBytes: random, checksumKey }, wanted)).key
      }),
    settingsOf: (name, more = {}) =>
      functionSettings(name, {
        tier,
        databaseUrl: urlOf(name),
        issuer,
        keys,
        alerts,
        storageUrl: storage.url,
        open: false,
        own: process.env,
        ...more,
      }),
  }
}

async function startLoggedServer(
  { folder, tier = 'standard', settings, show = () => {}, onServerLog }: LabStandOptions,
  logFolder: string,
  parts: AsyncDisposableStack,
): Promise<Server> {
  const log = openProcessLog({ clock: Date.now, show }, 'postgres', join(logFolder, 'postgres.log'))
  parts.defer(() => log.close())
  const started = await startServer({
    folder,
    password: hex(16),
    settings: { ...settings, max_connections: budget.tiers[tier].max_connections },
    log(text) {
      log.write(Buffer.from(text))
      onServerLog?.(text)
    },
  })
  return parts.adopt(started, (one) => one.stop())
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex')
