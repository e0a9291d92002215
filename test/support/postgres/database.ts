// A database for one test file: a clone of the migrated template on the run's real PostgreSQL.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DatabaseOverrides, openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { Client, Pool, types } from 'pg'
import { inject } from 'vitest'
import { migrate } from '../../../scripts/database/migrate.ts'
import { startPostgres } from '../../../scripts/database/postgres.ts'
import { roleOf } from '../../../scripts/database/roles.ts'
import { everyDeployment } from './every-deployment.ts'

export interface TestDatabase {
  /** URL of the superuser, whom row security does not bind: for assertions, never for the code under test. */
  readonly url: string
  /** Returns the URL with a function's own role, which is bound by row security, grants and limits. */
  urlOf(functionName: string): string
  /** Runs a statement as the superuser; timestamps are PostgreSQL's text in UTC. */
  query<Row extends object = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** Opens the database as a function does, with its role. `drop` closes it. */
  openAs(functionName: string, overrides?: Partial<DatabaseOverrides>): PenstockDatabase
  /** Opens a connection of the superuser, for more than one statement. It may be terminated. The caller must end it. */
  connect(): Promise<Client>
  /** Closes everything that this object opened and drops the database. */
  drop(): Promise<void>
}

const TIMESTAMPTZ = 1184

/** Where points of tests that read are: in the log, or with PENSTOCK_STORE=chunks in chunks. */
export const testedStore: 'log' | 'chunks' = process.env['PENSTOCK_STORE'] === 'chunks' ? 'chunks' : 'log'

/** Clones the template, which takes some tens of milliseconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await once(server, `create database ${name} template penstock_template`)
  const own = withDatabase(server, name)
  return openTestDatabase(own, async () => {
    await sessionsEnded(own)
    await once(server, `drop database ${name} with (force)`)
  })
}

/**
 * Makes a migrated database on a server of its own, for tests that make roles, because all databases of a server share them. Takes some
 * seconds.
 */
export async function createServerOfItsOwn(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-own-'))
  chmodSync(folder, 0o755)
  const dataDir = join(folder, 'data')
  const postgres = await startPostgres({ dataDir, port: 0, password: 'test', settings: { fsync: 'off' } })
  await once(postgres.url, 'create database penstock')
  const url = withDatabase(postgres.url, 'penstock')
  await migrate({ url: url.href, tier: 'large' })
  return openTestDatabase(url, async () => {
    await sessionsEnded(url)
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  })
}

function openTestDatabase(url: URL, remove: () => Promise<void>): TestDatabase {
  const pool = new Pool({
    connectionString: url.href,
    max: 4,
    options: '-c timezone=UTC',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === TIMESTAMPTZ ? String : types.getTypeParser(oid, format as 'text'),
    },
  })
  pool.on('error', () => {})
  const opened: PenstockDatabase[] = []
  const urlOf = (functionName: string): string => {
    const own = new URL(url)
    own.username = roleOf(functionName)
    own.password = inject('rolePassword')
    return own.href
  }
  return {
    url: url.href,
    urlOf,
    openAs(functionName, overrides) {
      const config = { url: urlOf(functionName), ca: undefined, inCloud: false }
      const database = openDatabase(functionName, config, overrides)
      opened.push(database)
      return database
    },
    async query<Row extends object>(sql: string, parameters: readonly unknown[] = []) {
      return (await pool.query<Row>(sql, [...parameters])).rows
    },
    async connect() {
      const client = new Client({ connectionString: url.href })
      client.on('error', () => {})
      await client.connect()
      return client
    },
    async drop() {
      await Promise.all(opened.map(async (database) => await database.close()))
      await pool.end()
      await remove()
    },
  }
}

/** Lifts the limits of roles that have one instance: limits apply to the whole server, and here every test file is an instance. */
export async function liftConnectionLimits(serverUrl: string): Promise<void> {
  for (const [name, { instances, pool }] of Object.entries(everyDeployment.tiers.large.deployments)) {
    if (pool > 0 && instances * pool < SIDE_BY_SIDE) {
      await once(serverUrl, `alter role ${roleOf(name)} connection limit ${SIDE_BY_SIDE}`)
    }
  }
}

const SIDE_BY_SIDE = 40

/** Makes a tenant and returns its id. */
export async function createTenant(db: TestDatabase, name = `t-${randomBytes(4).toString('hex')}`): Promise<number> {
  const rows = await db.query<{ id: number }>('insert into tenant (name) values ($1) returning id', [name])
  return rows[0]?.id ?? -1
}

function withDatabase(server: string, name: string): URL {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url
}

/**
 * Waits until this is the only session of the database, for at most two seconds: a test may leave one that hangs. A pool of `pg` that has ended
 * forgets its connections before they have closed, so terminating one of them would be an error that nothing handles.
 */
async function sessionsEnded(database: URL): Promise<void> {
  const client = new Client({ connectionString: database.href })
  await client.connect()
  try {
    for (const deadline = Date.now() + CLOSING_MS; Date.now() < deadline; await sleep(20)) {
      const { rows } = await client.query(
        `select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() limit 1`,
      )
      if (rows.length === 0) return
    }
  } finally {
    await client.end()
  }
}

const CLOSING_MS = 2_000

async function once(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
