// The local Cloud SQL Admin API over a server of a test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSqlAdmin } from '../../../scripts/local/sqladmin/server.ts'

export interface TestSqlAdmin {
  readonly url: string
  /** Stops test instances and the server, and deletes their folder. */
  close(): Promise<void>
}

/** Starts a service of the project `local` with the instance `penstock-db`, whose server must be on this machine. */
export async function createTestSqlAdmin(databaseUrl: string, storageUrl: string): Promise<TestSqlAdmin> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-sqladmin-'))
  const service = await startSqlAdmin({
    project: 'local',
    instance: 'penstock-db',
    folder,
    databaseUrl,
    serverSettings: { fsync: 'off' },
    storageUrl,
    clock: Date.now,
    show: () => {},
  })
  return {
    url: service.url,
    async close() {
      await service.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
