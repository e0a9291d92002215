// The stage of a benchmark: a durable PostgreSQL of its own, the functions as deployed, keys, and months.
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { deploymentOf } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { send } from '../../cli/send.ts'
import { rootFolder } from '../../cli/state.ts'
import { buildFunctions } from '../../deploy/build.ts'
import { deploymentsOf, servedIn } from '../../deploy/deployments.ts'
import { removeData } from '../../local/fresh.ts'
import { audienceOf, PUBSUB_EMAIL } from '../../local/function-environment.ts'
import { one } from '../stand/clients.ts'
import { openLabStand } from '../stand/lab-stand.ts'
import { connectBench } from './clients.ts'
import { functionStarter, type StartFunction } from './running-function.ts'

export interface StageOptions {
  /** Folder of the stage. It is emptied first and removed at the end. The caller must hold its lock. */
  readonly folder: string
  /** The default is standard. */
  readonly tier?: Tier
  /** The environment of this process. */
  readonly own: Readonly<Record<string, string | undefined>>
  /** Folder for the CPU profiles that functions write when they end; undefined for none. */
  readonly profiles: string | undefined
  readonly show: (line: string) => void
}

export interface Stage {
  /** Holds dist/<function>/ and the other files that are needed to start one. */
  readonly folder: string
  /** A connection of the superuser, and its URL. */
  readonly admin: Client
  readonly adminUrl: string
  /** Id of the tenant `default`. */
  readonly tenantId: number
  /** Opens a connection with a function's role, limited to the tenant's rows; it counts in no function's budget. */
  connectAs(functionName: string): Promise<Client>
  readonly start: StartFunction
  /** Returns the `Authorization` header for calls of this function. */
  authorizationFor(functionName: string): string
  /** The key for the checksums of API keys that these functions accept. */
  readonly checksumKey: Buffer
  /** Makes the partitions that are needed, also those of older months with many points in the log. */
  makeMonths(): Promise<void>
}

const JOB_TIMEOUT_MS = 120_000
/** Slices whose routes need an operator's key. */
const OPERATED: ReadonlySet<string> = new Set(['partitions', 'retention', 'compaction'])

const isOperated = (tier: Tier, name: string): boolean =>
  deploymentsOf(tier).some((it) => it.name === name && it.serves.some(({ slice }) => OPERATED.has(slice)))

/** Returns the connections of one instance, which a plain client may use as the limit. */
export const poolOf = (functionName: string): number => deploymentOf(functionName).pool

/** Starts the stage. The steps that stop it are put on `parts`, also when only some of it has started. */
export async function openStage(options: StageOptions, parts: AsyncDisposableStack): Promise<Stage> {
  const { folder, show, tier = 'standard' } = options
  await prepareFolder(folder, parts)
  const stand = await openLabStand({ folder, show, tier }, parts)
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
      return `Bearer ${isOperated(tier, name) ? operatorKey : apiKey}`
    },
    makeMonths: () => makeMonths(start, servedIn(tier, 'partitions'), operatorKey),
  }
  await stage.makeMonths()
  return stage
}

/** Makes an empty folder with the bundles, and the packages that are not part of them. */
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

async function makeMonths(start: StartFunction, name: string, operatorKey: string): Promise<void> {
  const partitions = await start(name)
  const url = `http://127.0.0.1:${partitions.port}/api/v1/monitoring/partitions/run`
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' }
  for (let more = true; more; ) {
    const { status, body } = await send(url, { method: 'POST', headers, body: '{}', timeoutMs: JOB_TIMEOUT_MS })
    if (status !== 200) throw new Error(`the months could not be made: ${status} ${body}`)
    more = (JSON.parse(body) as { more: boolean }).more
  }
  await partitions.stop()
}
