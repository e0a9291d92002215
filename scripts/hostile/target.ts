// What is attacked: every function in a process of its own, on a PostgreSQL of its own, with tenants, keys and rows.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { platformScopes, tenantScopes } from '@penstock/shared/wire.ts'
import { Client } from 'pg'
import { entryPoints } from '../entry-points.ts'
import { createKey, revokeKey } from '../key-store.ts'
import {
  ARCHIVE_BUCKET,
  audienceOf,
  functionEnvironment,
  PUBSUB_EMAIL,
  SCHEDULER_EMAIL,
} from '../local/function-environment.ts'
import { type OidcIssuer, startOidcIssuer } from '../local/oidc-issuer.ts'
import { keepSecrets } from '../local/state.ts'
import { startStorage } from '../local/storage.ts'
import { openSuiteDatabase, type SuiteDatabase } from '../local/suite-database.ts'
import { seededRandom } from './random.ts'
import { startWatched, type WatchedFunction } from './watched-function.ts'
import type { Keys, World } from './world.ts'

export interface Target {
  readonly world: World
  readonly functions: readonly WatchedFunction[]
  /** As the superuser. */
  readonly admin: Client
  /** What PostgreSQL logged so far. */
  databaseLog(): string
  /** Texts that may be in no log. */
  readonly secrets: readonly string[]
  /** Stops the functions, then the database. Safe to repeat. */
  stop(): Promise<void>
}

export interface TargetOptions {
  readonly seed: string
  readonly rootFolder: string
  /** Empty, and the run's own. */
  readonly folder: string
}

const TENANT = 'hostile'
/** So that its end is reached, and no cache grows for the whole of the run. */
const SERIES_LIMIT = 5_000

/** Starts everything. @throws {Error} after what had been started is stopped again. */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const parts = new AsyncDisposableStack()
  try {
    return await assemble(options, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

async function assemble({ seed, rootFolder, folder }: TargetOptions, parts: AsyncDisposableStack): Promise<Target> {
  mkdirSync(join(folder, 'run'), { recursive: true })
  const secrets = keepSecrets(
    entryPoints.map((entry) => entry.name),
    folder,
  )
  let databaseLog = ''
  const database = parts.adopt(
    await openSuiteDatabase({
      store: 'rows',
      stateFolder: folder,
      secrets,
      given: undefined,
      log: (text) => void (databaseLog += text),
    }),
    (one) => one.stop(),
  )
  const admin = parts.adopt(new Client({ connectionString: database.url, options: '-c timezone=UTC' }), (one) =>
    one.end(),
  )
  await admin.connect()
  const keys = await makeTenant(admin, seed)
  const issuer = parts.adopt(await startOidcIssuer({ clock: Date.now }), (one) => one.close())
  const storage = parts.adopt(
    await startStorage({ folder: join(folder, 'storage'), clock: Date.now, buckets: [ARCHIVE_BUCKET] }),
    (one) => one.close(),
  )
  const backing = { rootFolder, folder, database, issuer, storageUrl: storage.url, cursorKey: secrets.cursor_key }
  const functions = await startFunctions(backing, parts)
  const tokens = {
    'metrics-ingest-pubsub': issuer.token(audienceOf('metrics-ingest-pubsub'), PUBSUB_EMAIL),
    partitions: issuer.token(audienceOf('partitions'), SCHEDULER_EMAIL),
    retention: issuer.token(audienceOf('retention'), SCHEDULER_EMAIL),
    rollups: issuer.token(audienceOf('rollups'), SCHEDULER_EMAIL),
  }
  const now = new Date()
  return {
    world: { tenant: TENANT, keys, tokens, monthMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1), cursors: {} },
    functions,
    admin,
    databaseLog: () => databaseLog,
    secrets: [
      ...Object.values(keys).flatMap(partsOfKey),
      ...Object.values(tokens).map(signatureOf),
      ...Object.values(secrets.function_passwords),
      secrets.cursor_key,
    ],
    stop: () => parts.disposeAsync(),
  }
}

/** The attacked tenant, with callers of every kind. Keys are the same for the same seed. */
async function makeTenant(client: Client, seed: string): Promise<Keys> {
  const random = seededRandom(`keys ${seed}`)
  const make = async (tenant: string | null, scopes: readonly string[]): Promise<string> =>
    (await createKey({ client, randomBytes: (count) => random.bytes(count) }, { tenant, scopes, expiresInDays: null }))
      .key
  const keys = {
    writer: await make(TENANT, tenantScopes),
    reader: await make(TENANT, ['metrics:read']),
    revoked: await make(TENANT, tenantScopes),
    expired: await make(TENANT, tenantScopes),
    operator: await make(
      null,
      platformScopes.filter((scope) => scope === 'operate'),
    ),
  }
  await revokeKey(client, keys.revoked)
  await client.query(`update api_key set expires_at = now() - interval '1 second' where id = $1`, [
    keys.expired.split('_')[1],
  ])
  await client.query('update tenant set series_limit = $2 where name = $1', [TENANT, SERIES_LIMIT])
  return keys
}

interface Backing {
  readonly rootFolder: string
  readonly folder: string
  readonly database: SuiteDatabase
  readonly issuer: OidcIssuer
  readonly storageUrl: string
  readonly cursorKey: string
}

async function startFunctions(backing: Backing, parts: AsyncDisposableStack): Promise<readonly WatchedFunction[]> {
  const { rootFolder, folder, database, issuer, storageUrl, cursorKey } = backing
  const functions: WatchedFunction[] = []
  parts.defer(async () => void (await Promise.all(functions.map((one) => one.stop()))))
  for (const entry of entryPoints) {
    const environment = functionEnvironment(entry, {
      databaseUrl: database.urlOf(entry.name),
      issuer,
      cursorKey,
      storageUrl,
      open: false,
      own: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    })
    functions.push(await startWatched(entry, { rootFolder, folder, environment }))
  }
  return functions
}

/** The ends of a key's secret: a part of it in a log is as bad as the whole. */
function partsOfKey(key: string): readonly string[] {
  const secret = key.split('_')[2] ?? ''
  return [secret.slice(0, 20), secret.slice(20, 40)]
}

const signatureOf = (token: string): string => (token.split('.')[2] ?? '').slice(0, 40)
