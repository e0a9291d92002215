// Prometheus itself, where it is installed: it scrapes itself and writes to us, through a while of 503 and a restart of the function.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createPort } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database.ts'
import { createListener } from '@penstock/shared/edge.ts'
import { busy } from '@penstock/shared/problem.ts'
import { createSeriesResolver } from '@penstock/shared/series.ts'
import { monthOf } from '@penstock/shared/time.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/database.ts'
import { makeLive } from '../../test/points.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { foreignFailure, foreignHandlers } from './foreign-routes.ts'
import { createStampClock } from './stamp-clock.ts'
import { createWriter } from './writer.ts'

const isInstalled = spawnSync('prometheus', ['--version']).status === 0

let database: TestDatabase
let db: PenstockDatabase
let folder: string
const prometheus: ChildProcess[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  await createTenant(database, 'default')
  await makeLive(database, monthOf(Date.now() * 1000))
  db = openDatabase('metrics-ingest', configOf().database)
  folder = await mkdtemp(join(tmpdir(), 'penstock-prometheus-'))
})
afterAll(async () => {
  for (const process of prometheus) {
    process.kill('SIGKILL')
    await once(process, 'exit')
  }
  await db.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

const configOf = () => loadConfig({ DATABASE_URL: database.urlOf('metrics-ingest'), OPEN: '1' })

/** An instance of the function on a port. */
async function start(port: number, isAway: () => boolean): Promise<Server> {
  const write = createWriter({ db, now: Date.now })
  const handlers = foreignHandlers({
    now: Date.now,
    limits: configOf().limits,
    stamps: createStampClock(Date.now),
    resolveSeries: createSeriesResolver({ db, now: Date.now }),
    store: async (tenantId, request) => {
      if (isAway()) throw busy('The database is away.')
      return await write(tenantId, request)
    },
  })
  const { otlp, influxV2, influxV1, remoteWrite } = routes
  const service = { config: configOf().edge, db, routes: { otlp, influxV2, influxV1, remoteWrite }, handlers }
  const listener = createListener('metrics-ingest', { ...service, failure: foreignFailure })
  const server = createServer((request, response) => listener(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => void server.close(resolve))
}

async function freePort(): Promise<number> {
  const server = createPort().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}

async function startPrometheus(writeTo: number): Promise<void> {
  const own = await freePort()
  const settings = {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${own}`] }] }],
    remote_write: [
      {
        url: `http://127.0.0.1:${writeTo}/api/v1/write`,
        queue_config: { batch_send_deadline: '200ms', max_backoff: '500ms' },
      },
    ],
  }
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(settings))
  const flags = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${own}`,
  ]
  prometheus.push(spawn('prometheus', flags, { stdio: 'ignore' }))
}

/** Scrapes of itself: each is one sample of `up`, a second after the one before. */
async function scrapes(): Promise<readonly number[]> {
  const rows = await database.query<{ at: number }>(
    `select extract(epoch from p.ts)::float8 as at from metric_point p join metric_series s on s.id = p.series_id
     where s.service_name = 'self' and s.metric_type = 'up' order by p.ts`,
  )
  return rows.map(({ at }) => at)
}

it.skipIf(!isInstalled)('every sample that Prometheus takes is stored, through 503 and a restart', async () => {
  let away = true
  const first = await start(0, () => away)
  const { port } = first.address() as AddressInfo
  await startPrometheus(port)
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(await scrapes()).toEqual([])
  away = false
  await expect.poll(async () => (await scrapes()).length, { timeout: 10_000 }).toBeGreaterThan(2)
  await stop(first)
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const second = await start(port, () => false)
  const before = (await scrapes()).length
  await expect.poll(async () => (await scrapes()).length, { timeout: 10_000 }).toBeGreaterThan(before + 3)
  const at = await scrapes()
  const gaps = at.slice(1).map((instant, i) => instant - (at[i] ?? 0))
  expect(Math.max(...gaps)).toBeLessThan(1.5)
  await stop(second)
})
