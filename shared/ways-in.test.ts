// The ways into a database: by host with TLS and a pinned CA, and by a socket directory. On a server of its own.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../test/certificates.ts'
import { startTlsDatabase, type TlsDatabase } from '../test/tls-database.ts'
import { commonConfig, commonSchema, parseEnvironment } from './config.ts'
import { openDatabase } from './database.ts'

let server: TlsDatabase
beforeAll(async () => {
  server = await startTlsDatabase({ migrate: { passwords: { 'metrics-query': 'secret' } } })
})
afterAll(async () => await server.stop())

/** Whether the session is encrypted, as the server sees it. */
async function encrypted(environment: Record<string, string>): Promise<boolean | undefined> {
  const { database } = commonConfig(parseEnvironment(commonSchema, environment))
  const db = openDatabase('metrics-query', database, { acquireTimeoutMs: 3_000 })
  try {
    return await db.inTransaction(
      async (tx) =>
        (await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(tx)).rows[0]
          ?.ssl,
    )
  } finally {
    await db.close()
  }
}
const byHost = () => `postgres://penstock_metrics_query:secret@127.0.0.1:${server.postgres.port}/postgres`
const bySocket = () =>
  `postgres://penstock_metrics_query:secret@/postgres?host=${encodeURIComponent(server.socket)}&port=${server.postgres.port}`

describe('the way into the database', () => {
  it('is TLS with the pinned CA, by host', async () => {
    expect(await encrypted({ DATABASE_URL: byHost(), DATABASE_CA: server.ca })).toBe(true)
  })

  it('trusts no other CA', async () => {
    const other = await createAuthority('the instance')
    await expect(encrypted({ DATABASE_URL: byHost(), DATABASE_CA: other.pem })).rejects.toMatchObject({
      kind: { status: 503 },
    })
  })

  it('is a socket directory, without TLS', async () => {
    expect(await encrypted({ DATABASE_URL: bySocket() })).toBe(false)
  })

  it('is refused in the cloud without TLS, by host, before anything starts', () => {
    const inCloud = (more: Record<string, string>) =>
      commonConfig(parseEnvironment(commonSchema, { K_SERVICE: 'x', ...more }))
    expect(() => inCloud({ DATABASE_URL: byHost() })).toThrow(/DATABASE_CA/)
    expect(() => inCloud({ DATABASE_URL: `${byHost()}?sslmode=disable`, DATABASE_CA: server.ca })).toThrow(/sslmode/)
    expect(inCloud({ DATABASE_URL: byHost(), DATABASE_CA: server.ca }).database.inCloud).toBe(true)
    expect(inCloud({ DATABASE_URL: bySocket() }).database.inCloud).toBe(true)
  })

  it('takes the password from its own setting, by host and by socket', async () => {
    const withoutPassword = (url: string) => url.replace(':secret@', '@')
    const DATABASE_PASSWORD = 'secret'
    expect(
      await encrypted({ DATABASE_URL: withoutPassword(byHost()), DATABASE_PASSWORD, DATABASE_CA: server.ca }),
    ).toBe(true)
    expect(await encrypted({ DATABASE_URL: withoutPassword(bySocket()), DATABASE_PASSWORD })).toBe(false)
  })

  it('lets nobody in without credentials in the cloud', () => {
    const settings = { K_SERVICE: 'x', DATABASE_URL: bySocket(), OPEN: '1' }
    expect(() => commonConfig(parseEnvironment(commonSchema, settings))).toThrow(/OPEN/)
  })
})

describe('settings', () => {
  const url = 'postgres://a%40b.iam@10.0.0.3/penstock'
  const ca = '-----BEGIN CERTIFICATE-----'
  const instance = 'p:r:i'
  it.each([
    ['DATABASE_IAM', /needs DATABASE_CA/, { DATABASE_URL: url, DATABASE_IAM: '1' }],
    ['DATABASE_IAM', /goes by host/, { DATABASE_URL: 'postgres://a@/b?host=/s', DATABASE_CA: ca, DATABASE_IAM: '1' }],
    ['DATABASE_IAM', /give no other/, { DATABASE_URL: 'postgres://a:b@c/d', DATABASE_CA: ca, DATABASE_IAM: '1' }],
    ['DATABASE_URL', /ssl/, { DATABASE_URL: `${url}?ssl=0`, DATABASE_CA: ca, DATABASE_IAM: '1' }],
    [
      'CLOUD_SQL_INSTANCE',
      /a way in of its own/,
      { DATABASE_URL: url, DATABASE_IAM: '1', CLOUD_SQL_INSTANCE: instance },
    ],
    ['CLOUD_SQL_INSTANCE', /project:region:instance/, { DATABASE_URL: url, CLOUD_SQL_INSTANCE: 'instance' }],
  ])('refuse a way in that contradicts itself or is not safe: %s %s', (name, why, environment) => {
    const parse = () => commonConfig(parseEnvironment(commonSchema, environment))
    expect(parse).toThrow(why)
    expect(parse).toThrow(name)
  })

  it('are complained of all at once, by name and without their values', () => {
    const bad = { DATABASE_URL: 'mysql://root:hunter2@x', OPEN: 'maybe', OIDC_JWKS_URL: 'nonsense' }
    expect(() => parseEnvironment(commonSchema, bad)).toThrow(/DATABASE_URL[\s\S]*OPEN[\s\S]*OIDC_JWKS_URL/)
    expect(() => parseEnvironment(commonSchema, bad)).not.toThrow(/hunter2/)
  })
})
