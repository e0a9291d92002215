// The ways into Cloud SQL without a password, end to end: real clients, fakes of what Google runs, a real PostgreSQL behind TLS.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FakeCloudSql, startCloudSql } from '../../test/support/google/fake-cloud-sql.ts'
import { type FakeMetadataServer, startMetadataServer } from '../../test/support/google/fake-metadata-server.ts'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { startServer } from '../../test/support/http/http.ts'
import { type IamDatabase, startIamDatabase } from '../../test/support/postgres/iam-database.ts'
import { commonConfig, commonSchema, type DatabaseConfig, parseEnvironment } from '../config/config.ts'
import { clientOpener } from './connection.ts'
import { openDatabase, type PenstockDatabase } from './database.ts'

const EMAIL = 'query@test-project.iam.gserviceaccount.com'
const USER = 'query@test-project.iam'
const HOUR = 3_600_000

let server: IamDatabase
let admin: Client
let metadata: FakeMetadataServer
let cloud: FakeCloudSql
/** Everybody's clock. Timers do not follow it, as in an instance that is frozen. */
let clock = Date.now()
const opened: PenstockDatabase[] = []

beforeAll(async () => {
  server = await startIamDatabase(USER, 'metrics-query', 'secret')
  admin = server.admin
  // As in the cloud, but for where it is.
  vi.stubEnv('K_SERVICE', 'metrics-query')
  vi.stubEnv('PENSTOCK_TIER', 'standard')
  vi.stubEnv('KEY_CHECKSUM_KEY', checksumKey.toString('hex'))
  // Without it Google's libraries ask a gcloud command for the project, twice for each connector.
  vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'test-project')
})
beforeEach(async () => {
  const now = () => clock
  metadata = await startMetadataServer({ email: EMAIL, now, onToken: server.accept })
  const socketPath = join(server.socket, `.s.PGSQL.${server.postgres.port}`)
  cloud = await startCloudSql({ metadata, now, socketPath })
  vi.stubEnv('GCE_METADATA_HOST', metadata.host)
})
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
  await cloud.stop()
  await metadata.stop()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.stop()
})

const configOf = (environment: Record<string, string>): DatabaseConfig =>
  commonConfig(parseEnvironment(commonSchema, { ...process.env, ...environment })).database
const byToken = () => ({
  DATABASE_URL: `postgres://${encodeURIComponent(USER)}@127.0.0.1:${server.postgres.port}/postgres`,
  DATABASE_CA: server.ca,
  DATABASE_IAM: '1',
})
const byConnector = () => ({
  DATABASE_URL: `postgres://${encodeURIComponent(USER)}@/postgres`,
  CLOUD_SQL_INSTANCE: cloud.instance,
  CLOUD_SQL_ADMIN_ENDPOINT: cloud.adminEndpoint,
})
const open = (environment: Record<string, string>, acquireTimeoutMs = 25_000): PenstockDatabase => {
  const database = openDatabase('metrics-query', configOf(environment), {
    now: () => clock,
    acquireTimeoutMs,
    connectTimeoutMs: 25_000,
  })
  opened.push(database)
  return database
}
const whoAmI = async (database: PenstockDatabase) =>
  await database.writeAll(
    async (tx) => (await sql<{ name: string }>`select session_user::text as name`.execute(tx)).rows[0]?.name,
  )
const causeOf = async (promise: Promise<unknown>): Promise<Error & { code?: string }> => {
  const problem = await promise.then(
    () => undefined,
    (error: unknown) => error as Error & { kind: { status: number } },
  )
  expect(problem?.kind.status).toBe(503)
  return problem?.cause as Error
}

describe('an access token as the password', () => {
  it('logs in over TLS as the IAM user; one token does for many connections', async () => {
    const database = open(byToken())
    expect(metadata.given).toHaveLength(0)
    const both = await Promise.all([whoAmI(database), whoAmI(database)])
    expect(both).toEqual([USER, USER])
    expect(metadata.given).toHaveLength(1)
  })

  it('is asked for anew when it expired while the instance was frozen', async () => {
    const database = open(byToken())
    await whoAmI(database)
    clock += HOUR
    await server.accept('the token of an hour ago is no longer valid')
    expect(await whoAmI(database)).toBe(USER)
    expect(metadata.given).toHaveLength(2)
  })

  it('is used until a minute before it expires', async () => {
    const database = open(byToken())
    await whoAmI(database)
    for (const [later, tokens] of [
      [HOUR - 61_000, 1],
      [1_000, 2],
    ] as const) {
      clock += later
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${USER}'`)
      expect(await whoAmI(database)).toBe(USER)
      expect(metadata.given).toHaveLength(tokens)
    }
  })

  it('is replaced once when the login fails with one that was got a while ago', async () => {
    const database = open(byToken())
    await whoAmI(database)
    clock += 11 * 60_000
    metadata.revoke()
    await server.accept('revoked')
    expect(await whoAmI(database)).toBe(USER)
    expect(metadata.given).toHaveLength(2)
  })

  it('is not blamed when it is new: the login fails at once', async () => {
    await admin.query(`alter role "${USER}" nologin`)
    try {
      const cause = await causeOf(whoAmI(open(byToken())))
      expect([cause.code, metadata.asked()]).toEqual(['28000', 1])
    } finally {
      await admin.query(`alter role "${USER}" login`)
    }
  })

  it('is fetched before a connection is made: without one the server is not bothered', async () => {
    await metadata.stop()
    const cause = await causeOf(whoAmI(open(byToken(), 300)))
    expect(cause.message).toMatch(/no access token from the metadata server/)
    const clients = `select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
    expect((await admin.query(clients)).rowCount).toBe(0)
  })

  it('is not taken from what is no metadata server', async () => {
    const stranger = await startServer(
      createServer((_request, response) => response.end('{"access_token":"x","expires_in":3600}')),
    )
    const database = open({ ...byToken(), GCE_METADATA_HOST: stranger.url.slice('http://'.length) }, 300)
    expect((await causeOf(whoAmI(database))).message).toMatch(/not a metadata server/)
    await stranger.stop()
  })
})

// A key pair for each connector: a busy machine takes its time.
describe('the Cloud SQL connector', { timeout: 60_000 }, () => {
  it('logs in by IAM at the private address; nothing is asked before the first unit of work', async () => {
    const database = open(byConnector())
    expect([cloud.issued, metadata.given.length]).toEqual([0, 0])
    expect(await whoAmI(database)).toBe(USER)
    expect(cloud.issued).toBe(1)
  })

  it.each(['hang up', 'refuse the login'] as const)(
    'is replaced, unnoticed, when its certificate expired in a freeze and the proxy would %s',
    async (treatment) => {
      cloud.expiredCertificate = treatment
      const database = open(byConnector())
      await whoAmI(database)
      clock += 2 * HOUR
      expect(await whoAmI(database)).toBe(USER)
    },
  )

  it('is not kept when it could not be made, and works as soon as it may', async () => {
    cloud.refuses = 403
    const database = open(byConnector())
    expect((await causeOf(whoAmI(database))).message).toMatch(/cannot connect to the Cloud SQL instance test-project/)
    cloud.refuses = undefined
    expect(await whoAmI(database)).toBe(USER)
  })

  it('says so when the instance has no private address', async () => {
    cloud.privateAddress = false
    expect((await causeOf(whoAmI(open(byConnector())))).message).toMatch(/private Ip address not found/)
  })

  it('is not blamed when it is new: the login fails at once, with one certificate', async () => {
    const other = { ...byConnector(), DATABASE_URL: 'postgres://other%40test-project.iam@/postgres' }
    expect((await causeOf(whoAmI(open(other)))).code).toBe('28P01')
    expect(cloud.issued).toBe(1)
  })

  it('takes a password where there is one', async () => {
    const environment = { ...byConnector(), DATABASE_URL: 'postgres://postgres@/postgres', DATABASE_PASSWORD: 'test' }
    const opener = clientOpener(configOf(environment), { connectTimeoutMs: 25_000, now: () => clock })
    const client = await opener.open()
    expect((await client.query('select session_user')).rows).toEqual([{ session_user: 'postgres' }])
    await client.end()
    opener.close()
  })
})
