// Cold starts with each connection method to Cloud SQL, on servers with the fakes of the tests; the time of Google's network is not
// included.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type FakeCloudSql, startCloudSql } from '../../../../test/support/google/fake-cloud-sql.ts'
import { type FakeMetadataServer, startMetadataServer } from '../../../../test/support/google/fake-metadata-server.ts'
import { type IamDatabase, startIamDatabase } from '../../../../test/support/postgres/iam-database.ts'
import { createKey } from '../../../database/keys/key-store.ts'
import { roleOf } from '../../../database/roles.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'
import { starting } from './cold-start.ts'

const FUNCTION = 'metrics-query'
const REQUEST = { method: 'GET', path: '/api/v1/monitoring/metrics/series' } as const
const USER = 'query@test-project.iam'
/** Seven starts with each method. The first one is not counted. */
const TURNS = { rounds: 7, sliceMs: 0, warmUpMs: 0 }

/** The limit is a password over TLS with the pinned CA. */
export const waysIn: Experiment = {
  names: ['cold-start.by-token', 'cold-start.by-connector'],
  what: 'from no process to the first answer that needs the database, by an access token and by the Cloud SQL connector',
  isHeavy: true,
  async run(bench) {
    await using parts = new AsyncDisposableStack()
    const password = randomBytes(12).toString('hex')
    const server = parts.adopt(await startIamDatabase(USER, FUNCTION, password), (one) => one.stop())
    const metadata = parts.adopt(
      await startMetadataServer({ email: `${USER}.gserviceaccount.com`, now: Date.now, onToken: server.accept }),
      (one) => one.stop(),
    )
    const socketPath = join(server.socket, `.s.PGSQL.${server.postgres.port}`)
    const cloud = parts.adopt(await startCloudSql({ metadata, now: Date.now, socketPath }), (one) => one.stop())
    return await measure(bench, server, metadata, cloud, password)
  },
}

async function measure(
  { stage, turns }: Bench,
  server: IamDatabase,
  metadata: FakeMetadataServer,
  cloud: FakeCloudSql,
  password: string,
): Promise<readonly Row[]> {
  const wanted = { tenant: 'bench', scopes: ['metrics:read'], expiresInDays: null }
  const { key } = await createKey({ client: server.admin, randomBytes, checksumKey: stage.checksumKey }, wanted)
  const address = `127.0.0.1:${server.postgres.port}/postgres`
  const user = encodeURIComponent(USER)
  // With K_SERVICE, Google's libraries look for the metadata server without testing the network first.
  const inCloud = {
    K_SERVICE: FUNCTION,
    PENSTOCK_TIER: 'standard',
    GCE_METADATA_HOST: metadata.host,
    CORS_ORIGINS: '',
    // This address is not used, because the calls have an API key. In the cloud the local issuer's http is refused.
    OIDC_JWKS_URL: 'https://127.0.0.1:1/certs',
  }
  const ways: readonly Readonly<Record<string, string>>[] = [
    { DATABASE_URL: `postgres://${roleOf(FUNCTION)}:${password}@${address}`, DATABASE_CA: server.ca },
    { DATABASE_URL: `postgres://${user}@${address}`, DATABASE_CA: server.ca, DATABASE_IAM: '1' },
    {
      DATABASE_URL: `postgres://${user}@/postgres`,
      CLOUD_SQL_INSTANCE: cloud.instance,
      CLOUD_SQL_ADMIN_ENDPOINT: cloud.adminEndpoint,
    },
  ]
  const start = { authorization: `Bearer ${key}`, look: async () => {} }
  const subjects = ways.map((way) => starting(stage, FUNCTION, REQUEST, { ...start, more: { ...inCloud, ...way } }))
  const [limit = [], byToken = [], byConnector = []] = await takeTurns(subjects, { ...turns, ...TURNS })
  return [
    toRow({ name: 'cold-start.by-token', unit: 'starts/s', slices: byToken, limit }),
    toRow({ name: 'cold-start.by-connector', unit: 'starts/s', slices: byConnector, limit }),
  ]
}
