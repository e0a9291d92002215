// The ways into a database: by host with TLS and a pinned CA, and by a socket directory. On a server of its own.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../scripts/migrate.ts'
import { type EmbeddedPostgres, startPostgres } from '../scripts/postgres.ts'
import { type Authority, createAuthority } from '../test/certificates.ts'
import { commonConfig, commonSchema, parseEnvironment } from './config.ts'
import { openDatabase } from './database.ts'

const folder = mkdtempSync(join(tmpdir(), 'penstock-ways-'))
let authority: Authority
let postgres: EmbeddedPostgres

beforeAll(async () => {
  chmodSync(folder, 0o755)
  authority = await createAuthority('the instance')
  // As Cloud SQL's: the name in the certificate is that of the instance, not of a host.
  const { pem, key } = await authority.issue('project:instance')
  const socket = join(folder, 'socket')
  mkdirSync(socket)
  for (const [file, text] of [
    ['server.pem', pem],
    ['server.key', key],
  ] as const)
    writeFileSync(join(folder, file), text, { mode: 0o600 })
  // The server runs as another user where the test runs as root.
  if (process.getuid?.() === 0)
    for (const path of [socket, join(folder, 'server.pem'), join(folder, 'server.key')]) chownSync(path, 65534, 65534)
  postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    password: 'test',
    settings: {
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: join(folder, 'server.key'),
      unix_socket_directories: socket,
      fsync: 'off',
    },
  })
  await migrate({ url: postgres.url, tier: 'standard', passwords: { 'metrics-query': 'secret' } })
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

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
const byHost = () => `postgres://penstock_metrics_query:secret@127.0.0.1:${postgres.port}/postgres`
const bySocket = () =>
  `postgres://penstock_metrics_query:secret@/postgres?host=${encodeURIComponent(join(folder, 'socket'))}&port=${postgres.port}`

describe('the way into the database', () => {
  it('is TLS with the pinned CA, by host', async () => {
    expect(await encrypted({ DATABASE_URL: byHost(), DATABASE_CA: authority.pem })).toBe(true)
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
    expect(() => inCloud({ DATABASE_URL: `${byHost()}?sslmode=disable`, DATABASE_CA: authority.pem })).toThrow(
      /sslmode/,
    )
    expect(inCloud({ DATABASE_URL: byHost(), DATABASE_CA: authority.pem }).database.inCloud).toBe(true)
    expect(inCloud({ DATABASE_URL: bySocket() }).database.inCloud).toBe(true)
  })

  it('lets nobody in without credentials in the cloud', () => {
    const settings = { K_SERVICE: 'x', DATABASE_URL: bySocket(), OPEN: '1' }
    expect(() => commonConfig(parseEnvironment(commonSchema, settings))).toThrow(/OPEN/)
  })
})

describe('settings', () => {
  it('are complained of all at once, by name and without their values', () => {
    const bad = { DATABASE_URL: 'mysql://root:hunter2@x', OPEN: 'maybe', OIDC_JWKS_URL: 'nonsense' }
    expect(() => parseEnvironment(commonSchema, bad)).toThrow(/DATABASE_URL[\s\S]*OPEN[\s\S]*OIDC_JWKS_URL/)
    expect(() => parseEnvironment(commonSchema, bad)).not.toThrow(/hunter2/)
  })
})
