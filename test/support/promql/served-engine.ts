// The slice behind its front, on a database of its own: written to by remote write, asked through HTTP.
import { randomBytes } from 'node:crypto'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import ingest from '../../../functions/metrics-ingest/index.ts'
import { promqlWithin } from '../../../functions/promql/index.ts'
import { defaultLimits, type PromqlLimits } from '../../../functions/promql/limits.ts'
import { createKey } from '../../../scripts/database/keys/key-store.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../google/storage.ts'
import { checksumKey } from '../http/api-keys.ts'
import { startFront } from '../http/http.ts'
import { makeLive } from '../points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'
import {
  type AskParameters,
  type PrometheusAnswer,
  pairsOf,
  type WrittenSeries,
  writeSeries,
} from '../programs/prometheus-receiver.ts'

export interface ServedEngine {
  readonly database: TestDatabase
  readonly storage: TestStorage
  /** Makes a tenant, and returns its key. */
  tenant(name: string, scopes?: readonly string[]): Promise<string>
  /** Writes series by remote write. */
  write(key: string, series: readonly WrittenSeries[]): Promise<void>
  /** Asks with a GET, or with a form. */
  ask(key: string | undefined, path: string, parameters?: AskParameters, method?: 'GET' | 'POST'): Promise<ServedAnswer>
  close(): Promise<void>
}

export type ServedAnswer = PrometheusAnswer & { readonly code: number; readonly warnings?: readonly string[] }

const ANSWER_MS = 60_000

/** Starts it. `months` have partitions. `limits` replace those of the slice. */
export async function startServedEngine(
  months: readonly string[],
  limits: Partial<PromqlLimits> = {},
): Promise<ServedEngine> {
  const database = await createTestDatabase()
  const storage = await createTestStorage()
  for (const month of months) await makeLive(database, month)
  const environment = (name: string) => ({
    DATABASE_URL: database.urlOf(name),
    POINT_ID_KEY: '00'.repeat(16),
    KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
    ARCHIVE_BUCKET: TEST_BUCKET,
    ARCHIVE_STORAGE_ENDPOINT: storage.url,
  })
  const promql = promqlWithin({ ...defaultLimits, ...limits })
  const serve = async (name: string, slice: typeof promql) => {
    const service = openDeployment(name, [slice], readSettings([slice], environment(name)))
    return { server: await startFront(createListener(name, service)), db: service.db }
  }
  const [reader, writer] = [await serve('metrics-query', promql), await serve('metrics-ingest', ingest)]
  return {
    database,
    storage,
    async tenant(name, scopes = ['metrics:read', 'metrics:write']) {
      await createTenant(database, name)
      const client = await database.connect()
      const { key } = await createKey({ client, randomBytes, checksumKey }, { tenant: name, scopes, expiresInDays: 1 })
      await client.end()
      return key
    },
    write: async (key, series) =>
      await writeSeries(`${writer.server.url}/api/v1/write`, series, { authorization: `Bearer ${key}` }),
    async ask(key, path, parameters = {}, method = 'GET') {
      const sent = pairsOf(parameters)
      const url = new URL(`/prometheus/api/v1/${path}`, reader.server.url)
      if (method === 'GET') url.search = sent.toString()
      const response = await fetch(url, {
        method,
        ...(method === 'POST' ? { body: sent } : {}),
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      return { ...((await response.json()) as PrometheusAnswer), code: response.status }
    },
    async close() {
      for (const { server, db } of [reader, writer]) {
        await server.stop()
        await db.close()
      }
      await storage.close()
      await database.drop()
    },
  }
}
