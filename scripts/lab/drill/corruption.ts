// Damages a page of a table on disk. The page's checksum detects it; backup and log restore everything, to the last commit.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { migrate } from '../../database/migrate.ts'
import { connected, one } from '../stand/clients.ts'
import { archiveEverything, restoreServer, startArchivedServer } from './archived-server.ts'
import { takeBaseBackup } from './base-backup.ts'
import type { DrillOptions } from './deletion.ts'
import { logPoints, makeTenants } from './drill-data.ts'
import { sameAs } from './proof.ts'
import type { Steps } from './steps.ts'
import { checksumTables, type TableChecksums } from './table-checksums.ts'

/** SQLSTATE data_corrupted. */
const DATA_CORRUPTED = 'XX001'

/**
 * Damages a page, checks that PostgreSQL refuses to read it, restores everything that was archived, and proves by checksums of every
 * table that nothing is missing.
 * @throws {Error} naming the step, and the tables that differ.
 */
export async function corruptionDrill(steps: Steps, { folder, points, settings }: DrillOptions): Promise<void> {
  const folders = { data: join(folder, 'data'), archive: join(folder, 'archive'), settings }
  await using servers = new AsyncDisposableStack()
  const server = await steps.take('start a server that archives its log', () => startArchivedServer(folders))
  servers.defer(() => server.stop())
  const { backup, before, page } = await connected(server.url, async (client) => {
    await steps.take('migrate', () => migrate({ url: server.url, tier: 'standard' }))
    await makeTenants(client)
    await steps.take('store points', () => logPoints(client, 1, points), stored)
    const taken = await steps.take(
      'base backup while it runs',
      () => connected(server.url, (own) => takeBaseBackup(own, join(folder, 'backup'))),
      ({ bytes }) => `${Math.round(bytes / 1e6)} MB`,
    )
    await steps.take('store points that only the log has', () => logPoints(client, 2, points), stored)
    const checksums = await steps.take('checksum every table', () => checksumTables(client), tables)
    await archiveEverything(client, folders.archive)
    return { backup: taken, before: checksums, page: await firstPage(client) }
  })
  await steps.take('stop, flip one bit of a page', async () => {
    await server.stop()
    flipBit(page)
  })
  const damaged = await steps.take('start on the damaged disk', () => startArchivedServer(folders))
  servers.defer(() => damaged.stop())
  await steps.take(
    'read: the page is refused',
    () => connected(damaged.url, refusal),
    (message) => message,
  )
  const restored = await steps.take('restore everything archived', () =>
    restoreServer({ ...folders, backup, data: join(folder, 'restored'), until: undefined }),
  )
  servers.defer(() => restored.stop())
  await steps.take(
    'compare every table with what it held',
    () => connected(restored.url, async (client) => sameAs(before, await checksumTables(client))),
    tables,
  )
}

const stored = (points: number): string => `${points} points`
const tables = (checksums: TableChecksums): string => `${checksums.size} tables`

/** The file that begins with the first page of the log of points. */
async function firstPage(client: Client): Promise<string> {
  return join(await one(client, 'show data_directory'), await one(client, `select pg_relation_filepath('metric_log')`))
}

/** Flips a bit in the last byte of the first page: inside a row, where only the checksum detects it. */
function flipBit(file: string): void {
  const place = 8191
  const descriptor = openSync(file, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(descriptor, byte, 0, 1, place)
    byte.writeUInt8(byte.readUInt8(0) ^ 1)
    writeSync(descriptor, byte, 0, 1, place)
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the server's error message about the page. @throws {Error} when the server reads the page without an error. */
async function refusal(client: Client): Promise<string> {
  try {
    await client.query('select sum(n) from metric_log')
  } catch (error) {
    if ((error as { code?: string }).code === DATA_CORRUPTED) return (error as Error).message
    throw error
  }
  throw new Error('the damaged page was read without a complaint')
}
