// Instances of the local Cloud SQL: the suite's own PostgreSQL, and servers that are started from its backups.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type EmbeddedPostgres, removePostgres, startPostgres } from '../../database/postgres.ts'
import { reachableDataFolder } from '../../database/postgres-files.ts'
import { copyServerFiles, giveToServer } from '../../database/server-files.ts'

export interface LocalInstance {
  readonly name: string
  readonly address: string
  readonly createdAt: number
  /** The settings that the caller sent. */
  readonly settings: object
  server: EmbeddedPostgres | undefined
  isReady: boolean
}

/** A second server has the same port as the first one, as in Cloud SQL, so it needs another address of this machine. */
const addressOf = (others: readonly LocalInstance[]): string => {
  if (process.platform === 'darwin') return '::1'
  const used = new Set(others.map(({ address }) => address))
  for (let i = 2; ; i++) if (!used.has(`127.0.0.${i}`)) return `127.0.0.${i}`
}

export interface InstanceFolder {
  /** Adds an instance without content. */
  add(name: string, createdAt: number, settings: object): LocalInstance
  find(name: string): LocalInstance | undefined
  list(): readonly LocalInstance[]
  /** Starts an instance's server from the files of a backup. */
  restore(instance: LocalInstance, files: string, settings: Readonly<Record<string, string | number>>): Promise<void>
  remove(instance: LocalInstance): Promise<void>
  /** Stops and removes every instance. */
  close(): Promise<void>
}

/** Opens the folder of instances, and removes those that a killed suite left behind. `port` is the one of the suite's own server. */
export async function openInstances(folder: string, port: number): Promise<InstanceFolder> {
  const instances = new Map<string, LocalInstance>()
  const placeOf = (name: string): string => join(folder, name, 'data')
  await mkdir(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  await removeInstances(folder)

  const remove = async ({ name, server }: LocalInstance): Promise<void> => {
    await server?.stop()
    await removePlace(folder, name)
    instances.delete(name)
  }
  return {
    add(name, createdAt, settings) {
      const address = addressOf([...instances.values()])
      const instance: LocalInstance = { name, address, createdAt, settings, server: undefined, isReady: false }
      instances.set(name, instance)
      return instance
    },
    find: (name) => instances.get(name),
    list: () => [...instances.values()],
    async restore(instance, files, settings) {
      await mkdir(join(folder, instance.name), { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
      const dataDir = reachableDataFolder(placeOf(instance.name))
      await mkdir(dataDir, { mode: 0o700 })
      await copyServerFiles(files, dataDir)
      await copyLog(files, dataDir)
      await giveToServer(dataDir)
      instance.server = await startPostgres({
        dataDir: placeOf(instance.name),
        port,
        password: '',
        settings: { ...settings, listen_addresses: instance.address },
      })
    },
    remove,
    async close() {
      for (const instance of instances.values()) await remove(instance)
    },
  }
}

/** Removes every instance of a folder, ending the servers that a killed suite left behind. Safe to repeat. */
export async function removeInstances(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) await removePlace(folder, name)
}

/** A backup's files have the log that they need, which a copy of a running server leaves out. */
const copyLog = async (files: string, dataDir: string): Promise<void> => {
  const segments = (await readdir(join(files, 'pg_wal'))).filter((name) => /^[0-9A-F]{24}$/.test(name))
  for (const name of segments) await copyFile(join(files, 'pg_wal', name), join(dataDir, 'pg_wal', name))
}

async function removePlace(folder: string, name: string): Promise<void> {
  await removePostgres(join(folder, name, 'data'))
  rmSync(join(folder, name), { recursive: true, force: true })
}
