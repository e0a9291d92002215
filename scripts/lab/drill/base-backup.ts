// A base backup of a running server: its files, copied between pg_backup_start and pg_backup_stop.
// https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { makeOwnFolder } from '../../database/postgres-files.ts'
import { copyServerFiles } from '../../database/server-files.ts'
import { one } from '../stand/clients.ts'

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
  const bytes = await copyServerFiles(dataDir, folder)
  const { rows } = await client.query<{ labelfile: string; segment: string }>(
    'select labelfile, pg_walfile_name(lsn) as segment from pg_backup_stop(true)',
  )
  writeFileSync(join(folder, 'backup_label'), rows[0]?.labelfile ?? '')
  return { folder, bytes, lastSegment: rows[0]?.segment ?? '' }
}
