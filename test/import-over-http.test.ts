// An import over HTTP, through the real front into PostgreSQL: the same points as an import into the database.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { busy } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readPreferences } from '../functions/metrics-ingest/answers.ts'
import { routes } from '../functions/metrics-ingest/contract.ts'
import { ingest } from '../functions/metrics-ingest/handler.ts'
import { batchReply } from '../functions/metrics-ingest/replies.ts'
import { readBatch } from '../functions/metrics-ingest/scan-metrics.ts'
import { openHttpSink } from '../scripts/data/import/sinks/http-sink.ts'
import type { Sink } from '../scripts/data/import/sinks/sink.ts'
import { createKey } from '../scripts/database/keys/key-store.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { edgeConfig } from './support/http/edge-config.ts'
import { createImporter, type Importer } from './support/points/importer.ts'
import { ingestDeps } from './support/points/ingest-deps.ts'
import { makeLive } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
let database: PenstockDatabase
let importer: Importer
let url: string
let key: string
/** Number of batches that are still answered with 503. */
let trouble = 0
let batches = 0
const said: string[] = []
const server = createServer()

beforeAll(async () => {
  db = await createTestDatabase()
  vi.stubEnv('DATABASE_URL', db.url)
  importer = createImporter()
  await createTenant(db, 'direct')
  await makeLive(db, '2014-01-01')
  database = db.openAs('metrics-ingest')
  const now = Date.now
  const deps = { ...ingestDeps(database, now), pointIds: openPointIds(Buffer.alloc(16)) }
  server.on(
    'request',
    createListener('metrics-ingest', {
      config: edgeConfig({ checksumKeys: [checksumKey] }),
      db: database,
      routes: { batch: routes.batch },
      handlers: {
        async batch(call) {
          batches++
          if (trouble-- > 0) throw busy('The database is away.', undefined, 7)
          const preferences = readPreferences(String(call.headers['prefer'] ?? ''))
          const request = { ...(await readBatch(call.bytes, preferences)), preferences, idempotency: null }
          return batchReply(preferences, await ingest(deps, call.caller, request))
        },
      },
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = await db.connect()
  const wanted = { tenant: 'remote', scopes: ['metrics:write'], expiresInDays: 1 }
  key = (await createKey({ client, randomBytes, checksumKey }, wanted)).key
  await client.end()
})
beforeEach(() => {
  trouble = 0
  batches = 0
  said.length = 0
})
afterAll(async () => {
  await importer.close()
  await database.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.unstubAllEnvs()
  await db.drop()
})

const pauses: number[] = []
const overHttp =
  (progress?: string, withKey = key) =>
  (): Sink => {
    const pause = async (ms: number) => void pauses.push(ms)
    return openHttpSink({ fetch, pause, say: (line) => said.push(line) }, { url, key: withKey }, progress)
  }
const stored = async (tenant: string) =>
  await db.query(
    `select service_name, metric_type, unit, labels, ts, value from stored_point p
     join metric_series s on s.id = p.series_id join tenant t on t.id = p.tenant_id where t.name = $1 order by 1, 2, 5`,
    [tenant],
  )
const minute = (i: number) => new Date(Date.UTC(2014, 0, 1) + i * 60_000).toISOString()
/** The last five rows have the times of the five before them. */
const timeOf = (count: number, i: number) => minute(i < count - 5 ? i : i - 5)
const rows = (count: number) => {
  const row = (i: number) => `${timeOf(count, i)},${i / 7},${i % 3 ? i : ''}`
  return `time,temp,load\n${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\nnoon,1,2\n`
}
const pointsIn = (count: number): number => {
  const keys = Array.from({ length: count }, (_, i) => [
    `temp ${timeOf(count, i)}`,
    i % 3 ? `load ${timeOf(count, i)}` : '',
  ])
  return new Set(keys.flat().filter((key) => key !== '')).size
}

describe('an import over HTTP', () => {
  it('stores the same points as one into the database, and tells the same of them', async () => {
    const file = importer.file('a.csv', rows(12_000))
    const args = [file, '--service', 's', '--metric', 'temp=temperature:C', '--metric', 'load', '--label', 'site=x']
    const remote = await importer.run([...args, '--tenant', 'direct'], overHttp())
    expect(batches).toBe(2)
    const direct = await importer.run([...args, '--tenant', 'direct'])
    expect(remote.lines).toEqual(direct.lines)
    const points = await stored('remote')
    expect(points).toHaveLength(pointsIn(12_000))
    expect(points).toEqual(await stored('direct'))
  })

  it('tells the lines of what the server refuses', async () => {
    await db.query(`update tenant set series_limit = series_count + 1 where name = 'remote'`)
    await db.query(`insert into metric_expiry select id, '2013-03-01Z' from tenant where name = 'remote'`)
    const file = importer.file('b.csv', 'time,a,b\n2013-02-01,1,\n2014-01-01,2,3\n2014-01-02,4,5\n2013-04-01,6,\n')
    const { lines, refused } = await importer.run([file, '--service', 'new', '--tenant', 'direct'], overHttp())
    await db.query(`update tenant set series_limit = 1000 where name = 'remote'`)
    expect(refused).toBe(3)
    expect(lines).toContain('  stored      3 points')
    expect(lines.filter((line) => line.startsWith('    line')).map((line) => line.slice(0, 60))).toEqual(
      [
        '    line 2: timestamp lies in a month whose archive has expired',
        '    line 3: the entry would be a new series, and the tenant has re',
        '    line 4: the entry would be a new series, and the tenant has re',
      ].map((line) => line.slice(0, 60)),
    )
  })

  it('sends a batch again while the server is busy, after as long as it is asked to wait', async () => {
    trouble = 2
    pauses.length = 0
    const file = importer.file('c.csv', 'time,a\n2014-01-01,1\n')
    const { lines } = await importer.run([file, '--service', 'busy', '--tenant', 'direct'], overHttp())
    expect(lines).toContain('  stored      1 points')
    expect(batches).toBe(3)
    expect(pauses).toEqual([7_000, 7_000])
    expect(said).toEqual(Array(2).fill(`${url}: 503: The database is away.; again in 7 s`))
  })

  it('ends at once where asking again would not help', async () => {
    const file = importer.file('d.csv', 'time,a\n2014-01-01,1\n')
    const run = importer.run([file, '--service', 's', '--tenant', 'direct'], overHttp(undefined, 'pk_wrong'))
    await expect(run).rejects.toThrow(/d\.csv, http:.*: 401: /)
  })

  it('goes on after the last batch that was answered, where a file keeps its progress', async () => {
    const file = importer.file('e.csv', rows(24_000))
    const progress = importer.file('progress.json', '{}')
    const args = [file, '--service', 'resumed', '--tenant', 'direct']
    let chunks = 0
    const breaking = (): Sink => {
      const sink = overHttp(progress)()
      const prepare: Sink['prepare'] = async (identity, chunk) => {
        if (chunks++ === 1) throw new Error('killed')
        return await sink.prepare(identity, chunk)
      }
      return { ...sink, prepare }
    }
    await expect(importer.run(args, breaking)).rejects.toThrow('killed')
    const first = batches
    const { lines, said: told } = await importer.run(args, overHttp(progress))
    expect(told).toEqual([expect.stringMatching(/^an earlier run was interrupted: resuming after line 12,/)])
    expect(batches - first).toBe(2)
    expect(lines).toContain('  read        24,001 rows')
    expect(
      await db.query(
        `select count(*)::int from stored_point join metric_series s on s.id = series_id where service_name = 'resumed'`,
      ),
    ).toEqual([{ count: pointsIn(24_000) }])
    expect(JSON.parse(readFileSync(progress, 'utf8'))).toEqual({})
  })
})
