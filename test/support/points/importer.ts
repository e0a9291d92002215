// Runs imports like the command does, inside the test's own process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { readOptions } from '../../../scripts/data/import/options.ts'
import { importFiles } from '../../../scripts/data/import/run.ts'
import { openDatabaseSink } from '../../../scripts/data/import/sinks/database-sink.ts'
import { openDrySink } from '../../../scripts/data/import/sinks/dry-sink.ts'
import type { Sink } from '../../../scripts/data/import/sinks/sink.ts'
import { type AdminDatabase, openAdminDatabase } from '../../../scripts/database/admin-database.ts'
import { findAdminTenant } from '../../../scripts/database/admin-tenant.ts'
import { ADMIN } from '../../../scripts/database/roles.ts'

export interface Importer {
  /** Writes a file for an import and returns its path. */
  file(name: string, content: string | Buffer): string
  /** Imports with these arguments of the command line, for the tenant `@tenant`, and returns what is printed. */
  run(args: readonly string[], change?: (sink: Sink) => Sink): Promise<Imported>
  close(): Promise<void>
}

export interface Imported {
  readonly lines: readonly string[]
  /** Messages of progress, such as that of a resumed run. */
  readonly said: readonly string[]
  readonly refused: number
}

/** The clock of imports in tests. */
const importNow = Date.UTC(2026, 10, 20, 12)

/** Makes an importer; `DATABASE_URL` must be that of the test's database. */
export function createImporter(): Importer {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-import-'))
  const opened: AdminDatabase[] = []
  const open = async (role: string) => {
    const database = await openAdminDatabase({ role, statementTimeoutMs: 30_000 })
    opened.push(database)
    return database
  }
  return {
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    async run(args, change = (sink) => sink) {
      const options = readOptions(args, {})
      const db = await open(ADMIN)
      const tenant = await findAdminTenant(db, options.tenant)
      if (!tenant) throw new Error('no such tenant')
      const [lines, said]: [string[], string[]] = [[], []]
      const say = (line: string) => void said.push(line)
      const series = createSeriesResolver({ db, now: Date.now })
      const deps = { db, series, pause: promisify(setTimeout), say }
      const sink = options.dryRun ? openDrySink(db, tenant, tenant.room) : openDatabaseSink(deps, tenant)
      const limits = { earliestYear: 2010, maxAheadHours: 24 }
      const openMeter = () => ({ show: () => {}, say, end: () => {} })
      const print = (line: string) => void lines.push(line)
      try {
        const { refused } = await importFiles(
          { sink: change(sink), now: () => importNow, limits, print, openMeter },
          tenant,
          options,
        )
        return { lines, said, refused }
      } finally {
        await db.close()
      }
    },
    async close() {
      await Promise.all(opened.map(async (database) => await database.close().catch(() => {})))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
