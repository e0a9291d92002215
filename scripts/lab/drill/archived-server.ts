// A server that archives its log, and a server that is restored from a backup and that archive.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { type EmbeddedPostgres, startPostgres } from '../../database/postgres.ts'
import { makeOwnFolder } from '../../database/postgres-files.ts'
import { copyServerFiles, giveToServer } from '../../database/server-files.ts'
import { one } from '../stand/clients.ts'
import type { BaseBackup } from './base-backup.ts'

export interface ServerFolders {
  /** The running server's data folder. */
  readonly data: string
  /** Folder of the finished segments of its log. */
  readonly archive: string
  /** Server settings in addition to those of the drill. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

const ARCHIVED_WITHIN_MS = 30_000
const RESTORED_WITHIN_MS = 1_800_000

/** Starts a durable server with page checksums, whose log is archived segment by segment. */
export async function startArchivedServer({ data, archive, settings }: ServerFolders): Promise<EmbeddedPostgres> {
  if (!existsSync(archive)) makeOwnFolder(archive)
  return await startPostgres({
    dataDir: data,
    port: 0,
    password: 'drill',
    checksums: true,
    settings: {
      ...settings,
      archive_mode: 'on',
      // Copied under another name first, so that a restore never reads half a segment.
      archive_command: `test ! -f ${inArchive(archive)} && cp %p ${inArchive(archive)}.part && mv ${inArchive(archive)}.part ${inArchive(archive)}`,
    },
  })
}

/** Ends the current segment and waits until the archive has everything that was committed before. @throws {Error} after 30 s. */
export async function archiveEverything(client: Client, archive: string): Promise<void> {
  const segment = await one(client, 'select pg_walfile_name(pg_switch_wal())')
  const deadline = Date.now() + ARCHIVED_WITHIN_MS
  while (!readdirSync(archive).includes(segment)) {
    if (Date.now() > deadline) throw new Error(`the archive has no ${segment} after ${ARCHIVED_WITHIN_MS / 1000} s`)
    await sleep(50)
  }
}

export interface Restore {
  readonly backup: BaseBackup
  readonly archive: string
  /** Becomes the restored server's data folder; must not exist. */
  readonly data: string
  /**
   * An instant in PostgreSQL's syntax: transactions that were committed until then are restored, later ones are not. Undefined to restore
   * the whole archive.
   */
  readonly until: string | undefined
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/**
 * Starts a second server from a copy of the backup and lets it replay the log. Resolves when it accepts writes; the first server, the
 * backup and the archive are not changed.
 * @throws {Error} with the server's message, when the archive does not reach the instant.
 */
export async function restoreServer({ backup, archive, data, until, settings }: Restore): Promise<EmbeddedPostgres> {
  makeOwnFolder(data)
  await copyServerFiles(backup.folder, data)
  writeFileSync(join(data, 'recovery.signal'), '')
  await giveToServer(data)
  return await startPostgres({
    dataDir: data,
    port: 0,
    password: 'drill',
    startupTimeoutMs: RESTORED_WITHIN_MS,
    settings: {
      ...settings,
      restore_command: `cp ${inArchive(archive)} %p`,
      recovery_target_action: 'promote',
      // No session may read before the instant is reached.
      hot_standby: 'off',
      ...(until === undefined ? {} : { recovery_target_time: until }),
    },
  })
}

/** Returns a segment's path in the archive, for the shell that the server calls; % is replaced by the server. */
const inArchive = (archive: string): string => `'${archive.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'/%f`
