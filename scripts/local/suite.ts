// The whole suite on one machine: started in order, and stopped in the opposite order.
import { join } from 'node:path'
import { listSetting } from '@penstock/shared/config/config.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { connectedIn } from '@penstock/shared/database/connection-budget.ts'
import {
  ARCHIVE_BUCKET,
  BACKUP_BUCKET,
  CHANNEL_KEYS,
  keepChannelKeys,
  keepSecrets,
  type LocalSuite,
  removeLocalSuite,
  type Secrets,
  writeLocalSuite,
  writeSecrets,
} from '../cli/state.ts'
import { writeConsole } from '../deploy/console/build-page.ts'
import { deploymentsOf, moduleOf, type ServedDeployment } from '../deploy/deployments.ts'
import { type LocalCounters, startCounters } from './counters/server.ts'
import {
  DATABASE_INSTANCE,
  defaultOrigins,
  functionEnvironment,
  functionKeys,
  PROJECT,
} from './function-environment.ts'
import { endLeftovers, type LocalFunction, localFunction } from './functions.ts'
import { type OidcIssuer, startOidcIssuer } from './issuers/oidc-issuer.ts'
import { startUserIssuer, type UserIssuer } from './issuers/user-issuer.ts'
import { type MailSink, startMailSink } from './mail/mail-sink.ts'
import { type LocalMonitoring, startMonitoring } from './monitoring/server.ts'
import { openProcessLog } from './process-log.ts'
import { type LocalPubsub, startPubsub } from './pubsub/pubsub.ts'
import type { Scheduler } from './scheduler.ts'
import { startServing } from './serving.ts'
import { type LocalSqlAdmin, startSqlAdmin } from './sqladmin/server.ts'
import { type Storage, startStorage } from './storage/server.ts'
import { ensureKeys, openSuiteDatabase, type SuiteDatabase } from './suite-database.ts'

export interface SuiteOptions {
  readonly port: number
  readonly open: boolean
  /** The tier whose deployments run. */
  readonly tier: Tier
  /** Runs the bundles in dist/ instead of the modules that they are built from. */
  readonly bundles?: boolean | undefined
  readonly rootFolder: string
  readonly stateFolder: string
  /** The environment of this process. */
  readonly own: Readonly<Record<string, string | undefined>>
  /** Shows a line on the terminal. */
  readonly show: (line: string) => void
  /** Aborts the start. */
  readonly signal: AbortSignal
}

export interface Suite {
  readonly local: LocalSuite
  /** Resolves with the reason when the suite cannot continue. */
  readonly broken: Promise<string>
  /** Stops everything that was started, the functions before the database, and nothing else. Safe to repeat. */
  stop(): Promise<void>
}

/**
 * Starts everything, runs the partitions job once, writes local.json, and resolves when the suite is ready.
 * @throws {Error} with the cause, after everything that had been started is stopped again.
 */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  const parts = new AsyncDisposableStack()
  try {
    return await assemble(options, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

async function assemble(options: SuiteOptions, parts: AsyncDisposableStack): Promise<Suite> {
  const { rootFolder, stateFolder, signal, own, port, show, open, tier, bundles } = options
  const deployments = deploymentsOf(tier)
  const secrets = keepSecrets(connectedIn(tier), stateFolder)
  keepChannelKeys(stateFolder)
  await endLeftovers(join(stateFolder, 'run'))
  const standIns = await startStandIns(stateFolder, parts)
  const { issuer, users, storage, monitoring, mail, pubsub } = standIns
  const database = parts.adopt(await openDatabase(options, secrets, parts), (one) => one.stop())
  signal.throwIfAborted()
  const sqlAdmin = parts.adopt(await openSqlAdmin(options, database, storage), (one) => one.close())
  const keys = await ensureKeys(database.url, secrets)
  writeSecrets({ ...secrets, ...keys }, stateFolder)
  // A built bundle has the console next to it.
  const consoleApp = bundles ? undefined : await writeConsole(rootFolder, join(stateFolder, 'console.json'))
  const functions = deployments.map((deployment) =>
    openFunction(options, deployment, { ...standIns, database, sqlAdmin, secrets, consoleApp }, parts),
  )
  const isDatabaseUp = () => database.isUp()
  const corsOrigins = listSetting.parse(own['CORS_ORIGINS'] ?? defaultOrigins(open))
  const serving = await startServing(
    { port, tier, stateFolder, corsOrigins, functions, isDatabaseUp, issuer, pubsub, show },
    parts,
  )
  signal.throwIfAborted()
  await makePartitions(options, serving.scheduler)
  signal.throwIfAborted()
  const base_url = `http://127.0.0.1:${port}`
  const local: LocalSuite = {
    base_url,
    console_url: `${base_url}/console/#/?local=${keys.api_key}`,
    ...keys,
    database_url: database.url,
    pubsub_url: pubsub.url,
    storage_url: storage.url,
    monitoring_url: monitoring.url,
    sqladmin_url: sqlAdmin.url,
    mail_url: mail.url,
    user_issuer: users.signUrl,
    functions: serving.urls,
  }
  writeLocalSuite(local, stateFolder)
  parts.defer(() => removeLocalSuite(stateFolder))
  return { local, broken: endOf(database), stop: () => parts.disposeAsync() }
}

/** Starts the local services that functions call. They need nothing of each other. */
async function startStandIns(stateFolder: string, parts: AsyncDisposableStack): Promise<StandIns> {
  const about = { clock: Date.now, project: PROJECT }
  return {
    issuer: parts.adopt(await startOidcIssuer(about), (one) => one.close()),
    users: parts.adopt(await startUserIssuer(about), (one) => one.close()),
    storage: parts.adopt(await openStorage(stateFolder), (one) => one.close()),
    monitoring: parts.adopt(await startMonitoring(about), (one) => one.close()),
    mail: parts.adopt(await startMailSink(about), (one) => one.close()),
    pubsub: parts.adopt(await startPubsub(about), (one) => one.close()),
    counters: parts.adopt(await startCounters(), (one) => one.close()),
  }
}

const endOf = async ({ ended }: SuiteDatabase): Promise<string> => {
  await ended
  return 'PostgreSQL has ended: .penstock/logs/postgres.log says more'
}

/** Points are deferred until the months exist. A failure is shown, and the scheduler tries again. */
async function makePartitions({ signal, show }: SuiteOptions, scheduler: Scheduler): Promise<void> {
  const stop = (): void => scheduler.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await scheduler.runOnce('partitions')
  } catch (error) {
    if (!signal.aborted) show(`job partitions failed: ${(error as Error).message}`)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function openDatabase(
  options: SuiteOptions,
  secrets: Secrets,
  parts: AsyncDisposableStack,
): Promise<SuiteDatabase> {
  const { stateFolder, show, own, tier } = options
  const log = openProcessLog({ clock: Date.now, show }, 'postgres', join(stateFolder, 'logs', 'postgres.log'))
  parts.defer(() => log.close())
  return await openSuiteDatabase({
    stateFolder,
    tier,
    secrets,
    given: own['DATABASE_URL'],
    log: (text) => log.write(Buffer.from(text)),
  })
}

async function openStorage(stateFolder: string): Promise<Storage> {
  return await startStorage({
    folder: join(stateFolder, 'storage'),
    clock: Date.now,
    buckets: [ARCHIVE_BUCKET, BACKUP_BUCKET],
  })
}

async function openSqlAdmin(
  { stateFolder, show }: SuiteOptions,
  { url, serverSettings }: SuiteDatabase,
  storage: Storage,
): Promise<LocalSqlAdmin> {
  return await startSqlAdmin({
    project: PROJECT,
    instance: DATABASE_INSTANCE,
    folder: stateFolder,
    databaseUrl: url,
    serverSettings,
    storageUrl: storage.url,
    clock: Date.now,
    show,
  })
}

interface StandIns {
  readonly issuer: OidcIssuer
  readonly users: UserIssuer
  readonly storage: Storage
  readonly monitoring: LocalMonitoring
  readonly mail: MailSink
  readonly pubsub: LocalPubsub
  readonly counters: LocalCounters
}

interface Backing extends StandIns {
  readonly database: SuiteDatabase
  readonly sqlAdmin: LocalSqlAdmin
  readonly secrets: Secrets
  readonly consoleApp: string | undefined
}

function openFunction(
  { stateFolder, rootFolder, show, own, open, tier, bundles, port }: SuiteOptions,
  deployment: ServedDeployment,
  { database, issuer, users, storage, monitoring, sqlAdmin, mail, pubsub, counters, secrets, consoleApp }: Backing,
  parts: AsyncDisposableStack,
): LocalFunction {
  const { name } = deployment
  const log = openProcessLog({ clock: Date.now, show }, name, join(stateFolder, 'logs', `${name}.log`))
  parts.defer(() => log.close())
  return localFunction(
    { pidFolder: join(stateFolder, 'run'), log, show },
    {
      name,
      source: bundles ? join(rootFolder, 'dist', name) : moduleOf(rootFolder, name),
      environment: functionEnvironment(deployment, {
        tier,
        databaseUrl: database.urlOf(name),
        issuer,
        users,
        keys: functionKeys(secrets),
        storageUrl: storage.url,
        monitoringUrl: monitoring.url,
        sqlAdminUrl: sqlAdmin.url,
        alerts: {
          keyFile: join(stateFolder, CHANNEL_KEYS),
          smtpUrl: mail.smtpUrl,
          dashboard: `http://127.0.0.1:${port}/console/#/alerts`,
        },
        pubsubUrl: pubsub.url,
        countersUrl: counters.url,
        ...(consoleApp === undefined ? {} : { consoleApp }),
        open,
        own,
      }),
    },
  )
}
