// One real PostgreSQL for the whole test run, with a migrated template that each test file clones.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectedIn } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../scripts/database/migrate.ts'
import { startPostgres } from '../scripts/database/postgres.ts'
import { liftConnectionLimits } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of the server, database `postgres`. */
    postgresUrl: string
    /** Password of every function's role. */
    rolePassword: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'))
  chmodSync(folder, 0o755)
  const rolePassword = randomBytes(12).toString('hex')
  const postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    password: randomBytes(12).toString('hex'),
    // A test's server keeps nothing; crash safety is tested on servers of the tests' own.
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: 400 },
  })
  const stop = async () => {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await makeTemplate(postgres.url, rolePassword)
  } catch (error) {
    await stop()
    throw error
  }
  project.provide('postgresUrl', postgres.url)
  project.provide('rolePassword', rolePassword)

  return stop
}

async function makeTemplate(server: string, rolePassword: string): Promise<void> {
  const admin = new Client({ connectionString: server })
  await admin.connect()
  await admin.query('create database penstock_template')
  await admin.end()
  const template = new URL(server)
  template.pathname = '/penstock_template'
  await migrate({
    url: template.href,
    tier: 'large',
    budget: everyDeployment,
    passwords: Object.fromEntries(connectedIn('large', everyDeployment).map((name) => [name, rolePassword])),
  })
  await liftConnectionLimits(server)
}
