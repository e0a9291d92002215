// Backups of the suite's own PostgreSQL: its files with the log that they need, in a folder each. They survive a restart of the suite.
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { copyServerFiles } from '../../database/server-files.ts'
import { invalid } from './error.ts'

export interface LocalBackup {
  /** Milliseconds since 1970: a number, as the service has. */
  readonly id: string
  readonly startTime: string
  readonly endTime: string
  readonly description: string
}

const KEPT = 3
const META = 'backup.json'

/** Lists the complete backups of a folder, the newest first. */
export async function listBackups(folder: string): Promise<readonly LocalBackup[]> {
  const names = await readdir(folder).catch(() => [])
  const complete = names.filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a))
  return await Promise.all(
    complete.map(async (name) => JSON.parse(await readFile(join(folder, name, META), 'utf8')) as LocalBackup),
  )
}

export const filesOf = (folder: string, id: string): string => join(folder, id, 'files')

export interface BackupCall {
  readonly folder: string
  /** URL of the server's superuser. */
  readonly url: string
  readonly description: string
  readonly clock: () => number
}

/** Takes a backup of a server on this machine, and deletes the oldest ones. @throws {AdminError} when its files cannot be read. */
export async function takeBackup({ folder, url, description, clock }: BackupCall): Promise<void> {
  const started = clock()
  const id = String(started)
  const draft = join(folder, `draft-${id}`)
  await rm(draft, { recursive: true, force: true })
  await mkdir(join(draft, 'files'), { recursive: true, mode: 0o700 })
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await copyServer(client, join(draft, 'files'))
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  } finally {
    await client.end()
  }
  const [startTime, endTime] = [started, clock()].map((ms) => new Date(ms).toISOString())
  await writeFile(join(draft, META), JSON.stringify({ id, startTime, endTime, description }))
  await rename(draft, join(folder, id))
  for (const { id: old } of (await listBackups(folder)).slice(KEPT))
    await rm(join(folder, old), { recursive: true, force: true })
}

/** The connection stays open until the backup ends, as PostgreSQL requires. Its temporary slot keeps the log that the backup needs. */
async function copyServer(client: Client, files: string): Promise<void> {
  const { rows: places } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`)
  const folder = places[0]?.folder ?? ''
  await client.query(`select pg_create_physical_replication_slot('penstock_backup', true, true)`)
  const { rows: begun } = await client.query<{ segment: string }>(
    `select pg_walfile_name(pg_backup_start('penstock', true)) as segment`,
  )
  await copyServerFiles(folder, files).catch((error: unknown) => {
    throw invalid(`the files of the server cannot be read: ${(error as Error).message}`)
  })
  const { rows: ended } = await client.query<{ label: string; segment: string }>(
    'select labelfile as label, pg_walfile_name(lsn) as segment from pg_backup_stop(false)',
  )
  await writeFile(join(files, 'backup_label'), ended[0]?.label ?? '')
  const [first, last] = [begun[0]?.segment ?? '', ended[0]?.segment ?? '']
  const segments = (await readdir(join(folder, 'pg_wal'))).filter((name) => name >= first && name <= last)
  for (const name of segments) await copyFile(join(folder, 'pg_wal', name), join(files, 'pg_wal', name))
}
