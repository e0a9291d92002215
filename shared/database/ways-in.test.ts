// The ways into a database: by host with TLS and a pinned CA, and by a socket directory. On a server of its own.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { createAuthority } from '../../test/support/postgres/certificates.ts'
import { startTlsDatabase, type TlsDatabase } from '../../test/support/postgres/tls-database.ts'
import { archiveSettings, commonConfig, commonSchema, type Environment, parseEnvironment } from '../config/config.ts'
import { openDatabase } from './database.ts'

let server: TlsDatabase
beforeAll(async () => {
  server = await startTlsDatabase({ migrate: { passwords: { 'metrics-query': 'secret' } } })
})
afterAll(async () => await server.stop())

/** Settings of every function in the cloud. */
const cloud = { K_SERVICE: 'x', PENSTOCK_TIER: 'standard', KEY_CHECKSUM_KEY: checksumKey.toString('hex') }

/** Returns true when the server sees the session as encrypted. */
async function encrypted(environment: Record<string, string>): Promise<boolean | undefined> {
  const { database } = commonConfig(parseEnvironment(commonSchema, environment))
  const db = openDatabase('metrics-query', database, { acquireTimeoutMs: 3_000 })
  try {
    return await db.writeAll(
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
      commonConfig(parseEnvironment(commonSchema, { ...cloud, ...more }))
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
    const settings = { ...cloud, DATABASE_URL: bySocket(), OPEN: '1' }
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
      /a separate way to connect/,
      { DATABASE_URL: url, DATABASE_IAM: '1', CLOUD_SQL_INSTANCE: instance },
    ],
    ['CLOUD_SQL_INSTANCE', /project:region:instance/, { DATABASE_URL: url, CLOUD_SQL_INSTANCE: 'instance' }],
  ])('refuse a way in that contradicts itself or is not safe: %s %s', (name, why, environment) => {
    const parse = () => commonConfig(parseEnvironment(commonSchema, environment))
    expect(parse).toThrow(why)
    expect(parse).toThrow(name)
  })

  const parsed = (environment: object) =>
    commonConfig(parseEnvironment(commonSchema.extend(archiveSettings), environment as Environment))
  const socket = { DATABASE_URL: 'postgres://a:b@/c?host=/cloudsql/p:r:i', ARCHIVE_BUCKET: 'bucket' }
  const places = ['OIDC_JWKS_URL', 'USER_JWKS_URL', 'CLOUD_SQL_ADMIN_ENDPOINT', 'ARCHIVE_STORAGE_ENDPOINT']
  const users = { USER_ISSUER: 'i', USER_AUDIENCE: 'a', USER_JWKS_URL: 'https://i.example/keys' }
  it.each(places)('trust no URL that somebody on the network can answer for: %s', (name) => {
    const withUrl = (url: string) => () => parsed({ ...socket, ...users, [name]: url })
    for (const url of [
      'http://10.0.0.1/',
      'http://issuer.example/keys',
      'http://127.0.0.1.evil.example/',
      'ftp://127.0.0.1/',
    ])
      expect(withUrl(url)).toThrow(new RegExp(`${name}: must be https, or http to this machine`))
    expect(withUrl('https://user:hunter2@issuer.example/')).toThrow('without a password')
    for (const url of [
      'https://issuer.example/keys',
      'http://127.0.0.1:8080/keys',
      'http://localhost:1',
      'http://[::1]:1/',
    ])
      expect(withUrl(url)).not.toThrow()
  })

  it.each(['OIDC_JWKS_URL', 'USER_JWKS_URL'])('take keys by https alone in the cloud: %s', (name) => {
    expect(() => parsed({ ...socket, ...users, ...cloud, [name]: 'http://127.0.0.1/keys' })).toThrow(
      `${name}: needs https in the cloud`,
    )
    expect(() => parsed({ ...socket, ...users, ...cloud, [name]: 'https://i.example/keys' })).not.toThrow()
  })

  it('need the key of the checksums in the cloud', () => {
    expect(() => parsed({ ...socket, K_SERVICE: 'x', PENSTOCK_TIER: 'small' })).toThrow(
      'KEY_CHECKSUM_KEY: is needed in the cloud',
    )
    expect(() => parsed(socket)).not.toThrow()
  })

  it('take access tokens from the metadata server and from nowhere else', () => {
    for (const host of ['10.0.0.1', 'evil.example', '169.254.169.254.evil.example', '127.0.0.1/x?', 'a@127.0.0.1', ''])
      expect(() => parsed({ ...socket, GCE_METADATA_HOST: host })).toThrow('GCE_METADATA_HOST')
    for (const host of ['169.254.169.254', 'metadata.google.internal', '127.0.0.1:8080', 'metadata.google.internal:80'])
      expect(() => parsed({ ...socket, GCE_METADATA_HOST: host })).not.toThrow()
  })

  it.each(['host=/x&host=10.0.0.1', 'host=10.0.0.1', 'host=/x&%68ost=10.0.0.1', 'host='])(
    'know a socket from a host that is called one: %s',
    (query) => {
      expect(() => parsed({ ...socket, ...cloud, DATABASE_URL: `postgres://a:b@/c?${query}` })).toThrow('DATABASE_URL')
    },
  )

  it('see parameters of TLS through their encoding', () => {
    const DATABASE_URL = `${url}?%73sl=0`
    expect(() => parsed({ ...socket, DATABASE_URL, DATABASE_CA: ca, DATABASE_IAM: '1' })).toThrow(/TLS/)
  })

  it('are complained of all at once, by name and without their values', () => {
    const bad = { DATABASE_URL: 'mysql://root:hunter2@x', OPEN: 'maybe', OIDC_JWKS_URL: 'nonsense' }
    expect(() => parseEnvironment(commonSchema, bad)).toThrow(/DATABASE_URL[\s\S]*OPEN[\s\S]*OIDC_JWKS_URL/)
    expect(() => parseEnvironment(commonSchema, bad)).not.toThrow(/hunter2/)
  })
})
