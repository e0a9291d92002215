// The rules of the local Cloud SQL Admin API: what may be done with which instance, and the operations that do it.
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { Client } from 'pg'
import { filesOf, listBackups, takeBackup } from './backups.ts'
import { dumpDatabase } from './dump.ts'
import { AdminError, invalid, missing } from './error.ts'
import { type InstanceFolder, type LocalInstance, openInstances } from './instances.ts'
import { type Operations, openOperations } from './operations.ts'
import { BackupRequest, ExportRequest, InsertRequest, parseBody, RestoreRequest } from './requests.ts'

export interface AdminServiceOptions {
  readonly project: string
  /** Name of the suite's own instance. */
  readonly instance: string
  /** The folder of backups and of instances. */
  readonly folder: string
  /** URL of the superuser of the suite's database. */
  readonly databaseUrl: string
  /** The settings of its server; undefined when it is not on this machine, so that its files cannot be copied. */
  readonly serverSettings: Readonly<Record<string, string | number>> | undefined
  readonly storageUrl: string
  readonly clock: () => number
  /** Shows a line. */
  readonly show: (line: string) => void
}

export interface AdminService {
  listInstances(): object
  getInstance(name: string): object
  insertInstance(body: unknown): object
  deleteInstance(name: string): object
  restoreBackup(name: string, body: unknown): Promise<object>
  export(name: string, body: unknown): object
  listBackups(name: string): Promise<object>
  insertBackup(name: string, body: unknown): object
  listOperations(target: string | undefined): object
  getOperation(name: string): object
  close(): Promise<void>
}

interface Parts {
  readonly options: AdminServiceOptions
  readonly instances: InstanceFolder
  readonly operations: Operations
  readonly backups: string
  readonly createdAt: number
}

/** Opens the folder of backups and instances. */
export async function openAdminService(options: AdminServiceOptions): Promise<AdminService> {
  const port = Number(new URL(options.databaseUrl).port || 5432)
  const instances = await openInstances(join(options.folder, 'instances'), port)
  const operations = openOperations(options.project, options.clock, options.show)
  const parts = { options, instances, operations, backups: join(options.folder, 'backups'), createdAt: options.clock() }
  return {
    ...instanceCalls(parts),
    ...backupCalls(parts),
    listOperations: (target) => ({ kind: 'sql#operationsList', items: operations.list(target) }),
    getOperation(name) {
      const found = operations.find(name)
      if (!found) throw new AdminError(404, 'operationDoesNotExist', 'NOT_FOUND', 'The operation does not exist.')
      return found
    },
    async close() {
      await operations.settled()
      await instances.close()
    },
  }
}

type InstanceCalls = 'listInstances' | 'getInstance' | 'insertInstance' | 'deleteInstance' | 'restoreBackup'

function instanceCalls(parts: Parts): Pick<AdminService, InstanceCalls> {
  const { options, instances, operations, backups } = parts
  return {
    listInstances: () => ({
      kind: 'sql#instancesList',
      items: [ownResource(parts), ...instances.list().map((it) => resourceOf(options, it))],
    }),
    getInstance: (name) =>
      name === options.instance ? ownResource(parts) : resourceOf(options, need(instances, name)),
    insertInstance(body) {
      const { name, settings } = parseBody(InsertRequest, body)
      if (name === options.instance || instances.find(name))
        throw new AdminError(409, 'instanceAlreadyExists', 'ALREADY_EXISTS', 'The Cloud SQL instance already exists.')
      const added = instances.add(name, options.clock(), settings)
      return operations.begin('CREATE', name, async () => void (added.isReady = true))
    },
    deleteInstance(name) {
      if (name === options.instance)
        throw invalid('The instance is protected. Disable deletion protection before you delete it.')
      const found = need(instances, name)
      return operations.begin('DELETE', name, async () => await instances.remove(found))
    },
    async restoreBackup(name, body) {
      const { restoreBackupContext: from } = parseBody(RestoreRequest, body)
      const found = need(instances, name)
      const isKnown = (await listBackups(backups)).some(({ id }) => id === from.backupRunId)
      if (from.instanceId !== options.instance || !isKnown)
        throw new AdminError(404, 'backupRunDoesNotExist', 'NOT_FOUND', 'The Cloud SQL backup run does not exist.')
      const files = filesOf(backups, from.backupRunId)
      const work = async (): Promise<void> => await instances.restore(found, files, options.serverSettings ?? {})
      return operations.begin('RESTORE_VOLUME', name, work)
    },
  }
}

function backupCalls({
  options,
  operations,
  backups,
}: Parts): Pick<AdminService, 'listBackups' | 'insertBackup' | 'export'> {
  const needOwn = (name: string): void => {
    if (name !== options.instance) throw missing('The Cloud SQL instance does not exist.')
  }
  return {
    async listBackups(name) {
      needOwn(name)
      const items = (await listBackups(backups)).map((it) => ({
        kind: 'sql#backupRun',
        status: 'SUCCESSFUL',
        type: 'ON_DEMAND',
        instance: name,
        enqueuedTime: it.startTime,
        ...it,
      }))
      return { kind: 'sql#backupRunsList', items }
    },
    insertBackup(name, body) {
      needOwn(name)
      const { description = '' } = parseBody(BackupRequest, body)
      const { databaseUrl: url, clock, serverSettings } = options
      if (!serverSettings)
        throw invalid("DATABASE_URL names a server that is not the suite's own, so its files cannot be backed up.")
      return operations.begin(
        'BACKUP_VOLUME',
        name,
        async () => await takeBackup({ folder: backups, url, description, clock }),
      )
    },
    export(name, body) {
      needOwn(name)
      const { exportContext } = parseBody(ExportRequest, body)
      const { uri, databases } = exportContext
      return operations.begin('EXPORT', name, async () => await writeDump(options, uri, databases[0] ?? ''), {
        exportContext: { kind: 'sql#exportContext', uri, databases, fileType: 'SQL' },
      })
    },
  }
}

async function writeDump(
  { databaseUrl, storageUrl }: AdminServiceOptions,
  uri: string,
  database: string,
): Promise<void> {
  const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
  const store = openArchiveStore({ bucket, endpoint: storageUrl })
  if (await store.stat(name)) throw new Error(`the file already exists: ${uri}`)
  const url = new URL(databaseUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  const client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  try {
    await store.put(name, () => Readable.from(dumpDatabase(client)).pipe(createGzip()))
  } finally {
    await client.end()
  }
}

function need(instances: InstanceFolder, name: string): LocalInstance {
  const found = instances.find(name)
  if (!found) throw missing('The Cloud SQL instance does not exist.')
  return found
}

function ownResource({ options, createdAt }: Parts): object {
  const { instance, databaseUrl } = options
  const settings = { tier: 'local', dataDiskType: 'PD_SSD', availabilityType: 'ZONAL', edition: 'ENTERPRISE' }
  return describe(options, {
    name: instance,
    address: new URL(databaseUrl).hostname,
    createdAt,
    settings,
    isReady: true,
  })
}

const resourceOf = (options: AdminServiceOptions, instance: LocalInstance): object => describe(options, instance)

function describe(
  { project }: AdminServiceOptions,
  { name, address, createdAt, settings, isReady }: Omit<LocalInstance, 'server'>,
): object {
  return {
    kind: 'sql#instance',
    name,
    project,
    region: 'local',
    state: isReady ? 'RUNNABLE' : 'PENDING_CREATE',
    databaseVersion: 'POSTGRES_15',
    instanceType: 'CLOUD_SQL_INSTANCE',
    connectionName: `${project}:local:${name}`,
    createTime: new Date(createdAt).toISOString(),
    ipAddresses: [{ type: 'PRIVATE', ipAddress: address }],
    settings,
  }
}
