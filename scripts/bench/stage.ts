// What a benchmark runs on: a durable PostgreSQL of its own, the functions as they are deployed, keys, the months.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { functionBudget } from '@penstock/shared/connection-budget.ts'
import type { Client } from 'pg'
import { buildFunctions } from '../build.ts'
import { entryPoints } from '../entry-points.ts'
import { removeData } from '../local/fresh.ts'
import { audienceOf, PUBSUB_EMAIL } from '../local/function-environment.ts'
import { startOidcIssuer } from '../local/oidc-issuer.ts'
import { openProcessLog } from '../local/process-log.ts'
import { send } from '../local/send.ts'
import { keepSecrets, rootFolder, type Secrets } from '../local/state.ts'
import { ensureKeys, openSuiteDatabase, type SuiteDatabase } from '../local/suite-database.ts'
import { connectClient } from './clients.ts'
import { functionStarter, type StartFunction } from './running-function.ts'

export interface StageOptions {
  /** Emptied first, and removed at the end. The caller holds its lock. */
  readonly folder: string
  /** This process's environment. */
  readonly own: Readonly<Record<string, string | undefined>>
  /** Where functions leave their CPU profiles when they end; undefined: nowhere. */
  readonly profiles: string | undefined
  readonly show: (line: string) => void
}

export interface Stage {
  /** Holds dist/<function>/, and what else is needed to start one. */
  readonly folder: string
  /** The superuser, and its URL. */
  readonly admin: Client
  readonly adminUrl: string
  /** Of the tenant `default`. */
  readonly tenantId: number
  /** A connection as a function's role that sees and takes the tenant's rows; it counts in no function's budget. */
  connectAs(functionName: string): Promise<Client>
  readonly start: StartFunction
  /** What a call of this function has to carry as `Authorization`. */
  authorizationFor(functionName: string): string
  /** Makes the months that are missing, those of deferred points among them. */
  makeMonths(): Promise<void>
}

const JOB_TIMEOUT_MS = 120_000
/** Their routes are an operator's. */
const OPERATED: ReadonlySet<string> = new Set(['partitions', 'retention', 'rollups'])

/** Connections of one instance: what a bare client may use to be its limit. */
export const poolOf = (functionName: string): number => functionBudget(functionName).pool

/** Starts it. What stops it is put on `parts`, also when only some of it has started. */
export async function openStage(options: StageOptions, parts: AsyncDisposableStack): Promise<Stage> {
  const { folder } = options
  await prepareFolder(folder, parts)
  const secrets = keepSecrets(
    entryPoints.map((entry) => entry.name),
    folder,
  )
  const database = await openDatabase(options, secrets, parts)
  const keys = await ensureKeys(database.url, secrets)
  const admin = parts.adopt(await connectClient(database.url), (one) => one.end().catch(() => {}))
  const { rows } = await admin.query<{ id: number }>(`select id from tenant where name = 'default'`)
  const tenantId = rows[0]?.id ?? 0
  const issuer = parts.adopt(await startOidcIssuer({ clock: Date.now }), (one) => one.close())
  const start = functionStarter(
    { ...options, admin, databaseUrlOf: (name) => database.urlOf(name), issuer, cursorKey: secrets.cursor_key },
    parts,
  )
  const stage: Stage = {
    folder,
    admin,
    adminUrl: database.url,
    tenantId,
    async connectAs(name) {
      const client = await connectClient(database.urlOf(name))
      await client.query(`select set_config('app.tenant_id', $1, false)`, [String(tenantId)])
      return client
    },
    start,
    authorizationFor(name) {
      if (name === 'metrics-ingest-pubsub') return `Bearer ${issuer.token(audienceOf(name), PUBSUB_EMAIL)}`
      return `Bearer ${OPERATED.has(name) ? keys.operator_key : keys.api_key}`
    },
    makeMonths: () => makeMonths(start, keys.operator_key),
  }
  await stage.makeMonths()
  return stage
}

/** An empty folder with the bundles, and the packages that stay outside them. */
async function prepareFolder(folder: string, parts: AsyncDisposableStack): Promise<void> {
  await removeData(folder)
  rmSync(join(folder, 'node_modules'), { force: true })
  mkdirSync(join(folder, 'run'), { recursive: true })
  parts.defer(async () => {
    await removeData(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  await buildFunctions({ root: rootFolder, outDir: join(folder, 'dist') })
  symlinkSync(join(rootFolder, 'node_modules'), join(folder, 'node_modules'))
}

async function openDatabase(
  { folder, show }: StageOptions,
  secrets: Secrets,
  parts: AsyncDisposableStack,
): Promise<SuiteDatabase> {
  const log = openProcessLog({ clock: Date.now, show }, 'postgres', join(folder, 'logs', 'postgres.log'))
  parts.defer(() => log.close())
  const database = await openSuiteDatabase({
    store: 'rows',
    stateFolder: folder,
    secrets,
    given: undefined,
    log: (text) => log.write(Buffer.from(text)),
  })
  parts.defer(() => database.stop())
  return database
}

async function makeMonths(start: StartFunction, operatorKey: string): Promise<void> {
  const partitions = await start('partitions')
  const url = `http://127.0.0.1:${partitions.port}/api/v1/monitoring/partitions/run`
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' }
  for (let more = true; more; ) {
    const { status, body } = await send(url, { method: 'POST', headers, body: '{}', timeoutMs: JOB_TIMEOUT_MS })
    if (status !== 200) throw new Error(`the months could not be made: ${status} ${body}`)
    more = (JSON.parse(body) as { more: boolean }).more
  }
  await partitions.stop()
}
