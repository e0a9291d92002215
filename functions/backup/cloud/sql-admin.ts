// The Cloud SQL Admin API by Google's own client, over REST: one instance with its backups, and instances made from them.
import type { protos } from '@google-cloud/sql'
import { type AdminClients, openClients, type SqlAdminOptions } from './admin-clients.ts'
import { isConflict, isMissing } from './admin-errors.ts'
import { asText, type Backup, type Instance, type Operation, toBackup, toInstance, toOperation } from './resources.ts'

/**
 * Each call waits for at most 20 s, and is safe to repeat. Calls that begin something return as soon as the service has accepted it; `operation`
 * returns its state. @throws {Error} of the service.
 */
export interface SqlAdmin {
  /** Returns an instance; undefined when there is none. */
  instance(name: string): Promise<Instance | undefined>
  /** Lists the instances of the project. */
  instances(): Promise<readonly Instance[]>
  /** Lists the backups of the suite's instance, the newest first. */
  backups(): Promise<readonly Backup[]>
  /** Begins a backup. @returns false while another operation of the instance is under way. */
  takeBackup(): Promise<boolean>
  /** Makes an instance like another one, with a private address only. One of that name that exists already counts as made. */
  createInstance(name: string, like: Instance): Promise<void>
  /** Begins to replace the content of an instance by a backup. @returns false while another operation of it is under way. */
  restore(name: string, backupId: string): Promise<boolean>
  /** Begins to delete an instance. @returns false while another operation of it is under way. */
  remove(name: string): Promise<boolean>
  /** Begins an export of databases to an object, on a machine of its own. @returns false while another operation is under way. */
  export(uri: string, databases: readonly string[]): Promise<boolean>
  /** Returns the newest operation of this type on an instance, of an export to `uri` when that is given. */
  operation(target: string, type: Operation['type'], uri?: string): Promise<Operation | undefined>
}

type SqlInstance = protos.google.cloud.sql.v1.IDatabaseInstance

const CALL = { timeout: 20_000 }
const PAGE = 100

/** Opens the service; nothing is loaded or connected before the first call. */
export function openSqlAdmin(options: SqlAdminOptions): SqlAdmin {
  const { project, instance: own } = options
  let opened: Promise<AdminClients> | undefined
  const clients = async (): Promise<AdminClients> => await (opened ??= openClients(options))
  return {
    async instance(name) {
      const { instances } = await clients()
      const found = await orMissing(async () => (await instances.get({ project, instance: name }, CALL))[0])
      return found && toInstance(found)
    },
    async instances() {
      const [{ items }] = await (await clients()).instances.list({ project, maxResults: PAGE }, CALL)
      return (items ?? []).map(toInstance)
    },
    async backups() {
      const { backups } = await clients()
      const [{ items }] = await backups.list({ project, instance: own, maxResults: PAGE }, CALL)
      return (items ?? []).map(toBackup)
    },
    ...beginning(clients, options),
    async operation(target, type, uri) {
      const { operations } = await clients()
      const [{ items }] = await operations.list({ project, instance: target, maxResults: PAGE }, CALL)
      const found = (items ?? [])
        .map(toOperation)
        .filter((it) => it.type === type && (uri === undefined || it.uri === uri))
      return found.toSorted((a, b) => b.at - a.at)[0]
    },
  }
}

type Begins = 'takeBackup' | 'createInstance' | 'restore' | 'remove' | 'export'

/** The calls that begin an operation. */
function beginning(
  clients: () => Promise<AdminClients>,
  { project, instance: own }: SqlAdminOptions,
): Pick<SqlAdmin, Begins> {
  return {
    async takeBackup() {
      const { backups } = await clients()
      const body = { description: 'for a verification' }
      return await unlessBusy(async () => await backups.insert({ project, instance: own, body }, CALL))
    },
    async createInstance(name, like) {
      const { instances } = await clients()
      await unlessBusy(async () => await instances.insert({ project, body: bodyOf(name, like) }, CALL))
    },
    async restore(name, backupId) {
      const { instances } = await clients()
      const body = { restoreBackupContext: { backupRunId: backupId, instanceId: own, project } }
      return await unlessBusy(async () => await instances.restoreBackup({ project, instance: name, body }, CALL))
    },
    async remove(name) {
      const { instances } = await clients()
      return await unlessBusy(async () => {
        await orMissing(async () => await instances.delete({ project, instance: name }, CALL))
      })
    },
    async export(uri, databases) {
      const { instances } = await clients()
      const exportContext = { uri, databases: [...databases], fileType: 'SQL' as const, offload: { value: true } }
      return await unlessBusy(
        async () => await instances.export({ project, instance: own, body: { exportContext } }, CALL),
      )
    },
  }
}

/** The settings of an instance that differ between suites; everything else is chosen for a short life. */
function bodyOf(name: string, { resource }: Instance): SqlInstance {
  const settings = resource.settings ?? {}
  const { tier, edition, dataDiskSizeGb, dataDiskType, databaseFlags, ipConfiguration, userLabels } = settings
  const network = ipConfiguration?.privateNetwork
  return {
    name,
    region: asText(resource.region),
    ...(resource.databaseVersion ? { databaseVersion: resource.databaseVersion } : {}),
    settings: {
      ...(tier ? { tier } : {}),
      ...(edition ? { edition } : {}),
      ...(dataDiskSizeGb ? { dataDiskSizeGb } : {}),
      ...(dataDiskType ? { dataDiskType } : {}),
      ...(databaseFlags ? { databaseFlags } : {}),
      userLabels: { ...userLabels, purpose: 'verify-backup' },
      availabilityType: 'ZONAL',
      backupConfiguration: { enabled: { value: false } },
      ipConfiguration: {
        ipv4Enabled: { value: false },
        ...(network ? { privateNetwork: network } : {}),
        ...(ipConfiguration?.sslMode ? { sslMode: ipConfiguration.sslMode } : {}),
      },
    },
  }
}

async function orMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The service does one operation of an instance at a time. */
async function unlessBusy(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}
