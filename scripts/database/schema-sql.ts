// Writes migrations/schema.sql: the result of all migrations, as PostgreSQL's catalogue describes it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { Client } from 'pg'
import { addExamples } from '../cli/command.ts'
import { print } from '../cli/output.ts'
import { migrate } from './migrate.ts'
import { removePostgres, startPostgres } from './postgres.ts'
import { describeSchema } from './schema-description.ts'

const FILE = new URL('../../migrations/schema.sql', import.meta.url)

/** Describes `penstock schema`. */
export function describeCommand(schema: Command): void {
  schema.action(writeSchema)
  addExamples(schema, 'penstock schema')
}

async function writeSchema(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-schema-'))
  const dataDir = join(folder, 'data')
  const postgres = await startPostgres({
    dataDir,
    port: 0,
    password: 'schema',
    settings: { fsync: 'off' },
  })
  try {
    await migrate({ url: postgres.url, tier: 'standard' })
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    writeFileSync(FILE, await describeSchema(client))
    await client.end()
    print('wrote migrations/schema.sql')
  } finally {
    await postgres.stop()
    await removePostgres(dataDir)
    rmSync(folder, { recursive: true, force: true })
  }
}
