// The stage of a benchmark: a durable PostgreSQL of its own, the functions as they are deployed, keys, the months.
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { tenantScopes } from '@penstock/shared/base/wire.ts'
import { functionBudget } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { send } from '../../cli/send.ts'
import { rootFolder } from '../../cli/state.ts'
import { buildFunctions } from '../../deploy/build.ts'
import { removeData } from '../../local/fresh.ts'
import { audienceOf, PUBSUB_EMAIL } from '../../local/function-environment.ts'
import { one } from '../stand/clients.ts'
import { openLabStand } from '../stand/lab-stand.ts'
import { connectBench } from './clients.ts'
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
  /** Id of the tenant `default`. */
  readonly tenantId: number
  /** A connection as a function's role that sees and takes the tenant's rows; it counts in no function's budget. */
  connectAs(functionName: string): Promise<Client>
  readonly start: StartFunction
  /** The `Authorization` header that a call of this function needs. */
  authorizationFor(functionName: string): string
  /** The key by which API keys that these functions accept are sealed. */
  readonly checksumKey: Buffer
  /** Makes the months that are missing, those of deferred points among them. */
  makeMonths(): Promise<void>
}

const JOB_TIMEOUT_MS = 120_000
/** Their routes are an operator's. */
const OPERATED: ReadonlySet<string> = new Set(['partitions', 'retention', 'rollups', 'compaction'])

/** Connections of one instance: what a bare client may use to be its limit. */
export const poolOf = (functionName: string): number => functionBudget(functionName).pool

/** Starts it. What stops it is put on `parts`, also when only some of it has started. */
export async function openStage(options: StageOptions, parts: AsyncDisposableStack): Promise<Stage> {
  const { folder, show } = options
  await prepareFolder(folder, parts)
  const stand = await openLabStand({ folder, show }, parts)
  const apiKey = await stand.makeKey('default', tenantScopes)
  const operatorKey = await stand.makeKey(null, ['operate'])
  const admin = parts.adopt(await connectBench(stand.server.url), (client) => client.end().catch(() => {}))
  const tenantId = Number(await one(admin, `select id from tenant where name = 'default'`))
  const start = functionStarter({ ...options, admin, stand }, parts)
  const stage: Stage = {
    folder,
    admin,
    adminUrl: stand.server.url,
    tenantId,
    checksumKey: Buffer.from(stand.keys.checksum, 'hex'),
    async connectAs(name) {
      const client = await connectBench(stand.urlOf(name))
      await client.query(`select set_config('app.tenant_id', $1, false)`, [String(tenantId)])
      return client
    },
    start,
    authorizationFor(name) {
      if (name === 'metrics-ingest-pubsub') return `Bearer ${stand.issuer.token(audienceOf(name), PUBSUB_EMAIL)}`
      return `Bearer ${OPERATED.has(name) ? operatorKey : apiKey}`
    },
    makeMonths: () => makeMonths(start, operatorKey),
  }
  await stage.makeMonths()
  return stage
}

/** An empty folder with the bundles, and the packages that stay outside them. */
async function prepareFolder(folder: string, parts: AsyncDisposableStack): Promise<void> {
  await removeData(folder)
  rmSync(join(folder, 'node_modules'), { force: true })
  parts.defer(async () => {
    await removeData(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  await buildFunctions({ root: rootFolder, outDir: join(folder, 'dist') })
  symlinkSync(join(rootFolder, 'node_modules'), join(folder, 'node_modules'))
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
