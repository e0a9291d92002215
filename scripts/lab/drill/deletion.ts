// Deletes a tenant's points, restores the moment before next to the running server, and brings the lost points back.
import { join } from 'node:path'
import type { Client } from 'pg'
import { bringPointsBack } from '../../data/bring-points-back.ts'
import { migrate } from '../../database/migrate.ts'
import { connected, one } from '../stand/clients.ts'
import { archiveEverything, restoreServer, startArchivedServer } from './archived-server.ts'
import { takeBaseBackup } from './base-backup.ts'
import { logPoints, makeTenants, TENANTS } from './drill-data.ts'
import { sameAs } from './proof.ts'
import type { Steps } from './steps.ts'
import { checksumTables, type TableChecksums } from './table-checksums.ts'

export interface DrillOptions {
  /** An empty folder that the server's user can access. All files are created in it, and none is removed. */
  readonly folder: string
  /** Number of points before the backup, and again after it. */
  readonly points: number
  /** Settings of the servers, for a drill that only must be fast. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Restores to a moment, proves it by checksums of every table, and brings the lost points back among those that were stored since.
 * @throws {Error} naming the step, and the tables that differ.
 */
export async function deletionDrill(steps: Steps, { folder, points, settings }: DrillOptions): Promise<void> {
  const folders = { data: join(folder, 'data'), archive: join(folder, 'archive'), settings }
  await using servers = new AsyncDisposableStack()
  const server = await steps.take('start a server that archives its log', () => startArchivedServer(folders))
  servers.defer(() => server.stop())
  await connected(server.url, async (client) => {
    await steps.take('migrate', () => migrate({ url: server.url, tier: 'standard' }))
    await makeTenants(client)
    await steps.take('store points', () => logPoints(client, 1, points), stored)
    const backup = await steps.take(
      'base backup while it runs',
      () => connected(server.url, (own) => takeBaseBackup(own, join(folder, 'backup'))),
      ({ bytes }) => `${Math.round(bytes / 1e6)} MB`,
    )
    await steps.take('store points that only the log has', () => logPoints(client, 2, points), stored)
    const before = await steps.take('checksum every table', () => checksumTables(client), tables)
    const moment = await one(client, 'select clock_timestamp()::text')

    const [lost] = TENANTS
    await steps.take(`delete the points of ${lost}`, () => deletePoints(client, lost), deleted)
    const since = await steps.take('store points, as producers continue', () => logPoints(client, 3, points), stored)
    await archiveEverything(client, folders.archive)

    const restored = await steps.take(`restore to ${moment}`, () =>
      restoreServer({ ...folders, backup, data: join(folder, 'restored'), until: moment }),
    )
    servers.defer(() => restored.stop())
    await connected(restored.url, async (other) => {
      await steps.take(
        'compare every table with the moment',
        async () => sameAs(before, await checksumTables(other)),
        tables,
      )
      await steps.take(
        'bring the lost points back',
        () => bringPointsBack(client, other, { tenant: lost, from: '-infinity', to: 'infinity' }),
        ({ points: back }) => stored(back),
      )
      await steps.take(
        'count: all that was there, and all that came since',
        () => proveAllThere(client, other, since),
        stored,
      )
    })
  })
}

const stored = (points: number): string => `${points} points`
const deleted = (points: number): string => `${points} points gone`
const tables = (checksums: TableChecksums): string => `${checksums.size} tables`

async function deletePoints(client: Client, tenant: string): Promise<number> {
  const gone = await one(
    client,
    `with gone as (delete from metric_log where tenant_id = (select id from tenant where name = $1) returning n)
     select coalesce(sum(n), 0) from gone`,
    [tenant],
  )
  return Number(gone)
}

/** Checks that the running server has exactly the restored points and those that were stored since. @throws {Error} when it does not. */
async function proveAllThere(client: Client, restored: Client, since: number): Promise<number> {
  const count = async (from: Client): Promise<number> => Number(await one(from, 'select count(*) from stored_point'))
  const [has, had] = [await count(client), await count(restored)]
  if (has !== had + since) throw new Error(`there are ${has} points, and ${had} + ${since} should be`)
  return has
}
