// A migrated PostgreSQL for one test, with TLS, a CA like Cloud SQL's, and a socket.
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MigrateOptions, migrate } from '../../../scripts/database/migrate.ts'
import { type EmbeddedPostgres, startPostgres } from '../../../scripts/database/postgres.ts'
import { createAuthority } from './certificates.ts'

export interface TlsDatabase {
  readonly postgres: EmbeddedPostgres
  /** The CA's certificate. */
  readonly ca: string
  /** Directory of the socket. */
  readonly socket: string
  stop(): Promise<void>
}

/** Starts the server. `hba` replaces the usual lines of pg_hba.conf; `before` runs before the database is migrated. */
export async function startTlsDatabase(options: {
  readonly hba?: readonly string[]
  readonly migrate: Omit<MigrateOptions, 'url' | 'tier'>
  readonly before?: (postgres: EmbeddedPostgres) => Promise<void>
}): Promise<TlsDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-tls-'))
  chmodSync(folder, 0o755)
  const authority = await createAuthority('the instance')
  // Like Cloud SQL's certificate, it names the instance and not a host.
  const { pem, key } = await authority.issue('project:instance')
  const socket = join(folder, 'socket')
  mkdirSync(socket)
  const files = { 'server.pem': pem, 'server.key': key, 'hba.conf': `${(options.hba ?? []).join('\n')}\n` }
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { mode: 0o600 })
  // The server runs as another user when root runs the test.
  if (process.getuid?.() === 0)
    for (const file of ['socket', ...Object.keys(files)]) chownSync(join(folder, file), 65534, 65534)
  const postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    password: 'test',
    settings: {
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: join(folder, 'server.key'),
      unix_socket_directories: socket,
      fsync: 'off',
      ...(options.hba ? { hba_file: join(folder, 'hba.conf') } : {}),
    },
  })
  await options.before?.(postgres)
  await migrate({ url: postgres.url, tier: 'standard', ...options.migrate })
  return {
    postgres,
    ca: authority.pem,
    socket,
    async stop() {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
