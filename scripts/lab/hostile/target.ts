// The target of the attack: every function in a process of its own, on a PostgreSQL of its own, with tenants, keys and rows.
import { join } from 'node:path'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import type { Client } from 'pg'
import { ARCHIVE_BUCKET, rootFolder } from '../../cli/state.ts'
import { revokeKey } from '../../database/keys/key-store.ts'
import { writeConsole } from '../../deploy/console/build-page.ts'
import { deploymentsOf, isPush } from '../../deploy/deployments.ts'
import { audienceOf, PUBSUB_EMAIL, SCHEDULER_EMAIL } from '../../local/function-environment.ts'
import { startStorage } from '../../local/storage/server.ts'
import { seededRandom } from '../random.ts'
import { connectClient } from '../stand/clients.ts'
import { type LabStand, openLabStand } from '../stand/lab-stand.ts'
import { startWatched, type WatchedFunction } from './watched-function.ts'
import type { Keys, World } from './world.ts'

export interface Target {
  readonly world: World
  readonly functions: readonly WatchedFunction[]
  /** A connection as the superuser. */
  readonly admin: Client
  /** Returns everything that PostgreSQL has logged so far. */
  databaseLog(): string
  /** Texts that must not be in any log. */
  readonly secrets: readonly string[]
  /** Stops the functions, then the database. Safe to repeat. */
  stop(): Promise<void>
}

export interface TargetOptions {
  readonly seed: string
  /** Empty, and used only by this run. */
  readonly folder: string
}

const TENANT = 'hostile'
/** Small, so that the limit is reached, and no cache grows during the whole run. */
const SERIES_LIMIT = 5_000

/** Starts everything. @throws {Error} after the parts that had been started are stopped again. */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const parts = new AsyncDisposableStack()
  try {
    return await assemble(options, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

async function assemble({ seed, folder }: TargetOptions, parts: AsyncDisposableStack): Promise<Target> {
  let databaseLog = ''
  const onServerLog = (text: string): void => void (databaseLog += text)
  const stand = await openLabStand({ folder, onServerLog }, parts)
  const { issuer } = stand
  const admin = parts.adopt(await connectClient(stand.server.url), (one) => one.end())
  const keys = await makeTenant(stand, admin, seed)
  const storage = parts.adopt(
    await startStorage({ folder: join(folder, 'storage'), clock: Date.now, buckets: [ARCHIVE_BUCKET] }),
    (one) => one.close(),
  )
  const functions: WatchedFunction[] = []
  parts.defer(async () => void (await Promise.all(functions.map((one) => one.stop()))))
  // A demonstration is a new tenant, of which an address may make three in an hour.
  const own = { PATH: process.env['PATH'], HOME: process.env['HOME'], DEMO: '0' }
  const consoleApp = await writeConsole(rootFolder, join(folder, 'console.json'))
  const deployments = deploymentsOf('standard')
  for (const { name } of deployments)
    functions.push(await startWatched(stand, stand.settingsOf(name, { storageUrl: storage.url, own, consoleApp })))
  const tokens = Object.fromEntries(
    deployments.map((it) => [it.name, issuer.token(audienceOf(it.name), isPush(it) ? PUBSUB_EMAIL : SCHEDULER_EMAIL)]),
  )
  const now = new Date()
  return {
    world: { tenant: TENANT, keys, tokens, monthMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1), cursors: {} },
    functions,
    admin,
    databaseLog: () => databaseLog,
    secrets: [
      ...Object.values(keys).flatMap(partsOfKey),
      ...Object.values(tokens).map(signatureOf),
      ...Object.values(stand.passwords),
      ...Object.values(stand.keys),
    ],
    stop: () => parts.disposeAsync(),
  }
}

/** Makes the attacked tenant, with callers of every kind. The same seed gives the same keys. */
async function makeTenant(stand: LabStand, admin: Client, seed: string): Promise<Keys> {
  const random = seededRandom(`keys ${seed}`)
  const make = async (tenant: string | null, scopes: readonly string[]): Promise<string> =>
    await stand.makeKey(tenant, scopes, (count) => random.bytes(count))
  const keys = {
    writer: await make(TENANT, tenantScopes),
    reader: await make(TENANT, ['metrics:read']),
    revoked: await make(TENANT, tenantScopes),
    expired: await make(TENANT, tenantScopes),
    operator: await make(null, ['operate']),
  }
  await revokeKey(admin, keys.revoked)
  await admin.query(`update api_key set expires_at = now() - interval '1 second' where id = $1`, [
    keys.expired.split('_')[1],
  ])
  await admin.query('update tenant set series_limit = $2 where name = $1', [TENANT, SERIES_LIMIT])
  return keys
}

/** Returns the ends of a key's secret, because a part of it in a log is as bad as the whole. */
function partsOfKey(key: string): readonly string[] {
  const secret = key.split('_')[2] ?? ''
  return [secret.slice(0, 20), secret.slice(20, 40)]
}

const signatureOf = (token: string): string => (token.split('.')[2] ?? '').slice(0, 40)
