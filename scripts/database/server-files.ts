// The files of a running server: copied between pg_backup_start and pg_backup_stop they are a base backup.
// https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
import { chown, copyFile, lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asUnprivileged } from './postgres-files.ts'

/** Folders that a backup includes empty: the server makes their content again, or the log has it. */
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

/** Copies the files of a server. A file that is deleted during the copy will also be deleted by the log. Returns the bytes copied. */
export async function copyServerFiles(from: string, to: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.startsWith('pgsql_tmp')) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 })
      if (!EMPTIED.has(entry.name)) bytes += await copyServerFiles(source, target)
      else if (entry.name === 'pg_wal') await mkdir(join(target, 'archive_status'), { mode: 0o700 })
    } else if (entry.isFile()) {
      bytes += await copyServerFile(source, target)
    }
  }
  return bytes
}

async function copyServerFile(source: string, target: string): Promise<number> {
  try {
    await copyFile(source, target)
    return (await stat(target)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** Gives a folder with everything in it to the user that runs the server. */
export async function giveToServer(folder: string): Promise<void> {
  const { uid } = asUnprivileged()
  if (uid === undefined) return
  await chown(folder, uid, uid)
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if ((await lstat(path)).isDirectory()) await giveToServer(path)
    else await chown(path, uid, uid)
  }
}
