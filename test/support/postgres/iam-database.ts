// A database as Cloud SQL offers it to an IAM user: log in by an access token over TLS, or through the proxy, which has checked a
// certificate.
import { Client } from 'pg'
import { startTlsDatabase, type TlsDatabase } from './tls-database.ts'

export interface IamDatabase extends TlsDatabase {
  /** A connection as the superuser. */
  readonly admin: Client
  /** Makes this token the user's only valid one, if its scope allows logging in. */
  readonly accept: (token: string, scope?: string) => Promise<void>
}

const LOGIN = 'https://www.googleapis.com/auth/sqlservice.login'

/** Starts the database. The IAM user has the function's role; the function's own login has this password. */
export async function startIamDatabase(user: string, functionName: string, password: string): Promise<IamDatabase> {
  const server = await startTlsDatabase({
    hba: [
      `hostssl all "${user}" 127.0.0.1/32 password`,
      `hostnossl all "${user}" 127.0.0.1/32 reject`,
      // The line by which the proxy logs in.
      `local all "${user}" trust`,
      'local all all scram-sha-256',
      'host all all 127.0.0.1/32 scram-sha-256',
    ],
    async before({ url }) {
      const client = new Client({ connectionString: url })
      await client.connect()
      await client.query(`create role "${user}" login`)
      await client.end()
    },
    migrate: { users: { [functionName]: user }, passwords: { [functionName]: password } },
  })
  const admin = new Client({ connectionString: server.postgres.url })
  await admin.connect()
  return {
    ...server,
    admin,
    async accept(token, scope = LOGIN) {
      if (scope === LOGIN) await admin.query(`alter role "${user}" password ${admin.escapeLiteral(token)}`)
    },
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}
