// A base backup of a running server: its files, copied between pg_backup_start and pg_backup_stop.
// https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { makeOwnFolder } from '../../database/postgres-files.ts'
import { one } from '../stand/clients.ts'

/** Folders that a backup includes empty: the server makes their content again, or the archive has it. */
const EMPTIED = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
])
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts', 'pg_internal.init'])

export interface BaseBackup {
  readonly folder: string
  readonly bytes: number
  /** The last segment of the log that the backup needs. The archive has it when the promise resolves. */
  readonly lastSegment: string
}

/**
 * Copies the server's data folder while it works. The connection must stay open until the backup ends, as PostgreSQL requires.
 * @throws {Error} when a file cannot be copied; the server then cancels the backup with the session.
 */
export async function takeBaseBackup(client: Client, folder: string): Promise<BaseBackup> {
  const dataDir = await one(client, 'show data_directory')
  await client.query(`select pg_backup_start('drill', true)`)
  makeOwnFolder(folder)
  const bytes = copyFolder(dataDir, folder)
  const { rows } = await client.query<{ labelfile: string; segment: string }>(
    'select labelfile, pg_walfile_name(lsn) as segment from pg_backup_stop(true)',
  )
  writeFileSync(join(folder, 'backup_label'), rows[0]?.labelfile ?? '')
  return { folder, bytes, lastSegment: rows[0]?.segment ?? '' }
}

/** Copies the files of a backup. A file that is deleted during the copy will also be deleted by the log. Returns the bytes copied. */
export function copyFolder(from: string, to: string): number {
  let bytes = 0
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.startsWith('pgsql_tmp')) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      mkdirSync(target, { mode: 0o700 })
      if (!EMPTIED.has(entry.name)) bytes += copyFolder(source, target)
      else if (entry.name === 'pg_wal') mkdirSync(join(target, 'archive_status'), { mode: 0o700 })
    } else if (entry.isFile()) {
      bytes += copyFile(source, target)
    }
  }
  return bytes
}

function copyFile(source: string, target: string): number {
  try {
    copyFileSync(source, target)
    return statSync(target).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
