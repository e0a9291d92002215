// Prometheus against the functions as processes: whatever happens to them, a query answers what it scraped.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { monthOf } from '@penstock/shared/base/time.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'

import { afterAll, beforeAll, expect, it } from 'vitest'
import { createKey } from '../scripts/database/keys/key-store.ts'
import { openProcessLog, type ProcessLog } from '../scripts/local/process-log.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { type FunctionAtPort, functionAtPort } from './support/http/function-at-port.ts'
import { makeLive } from './support/points/points.ts'
import { createTestDatabase, type TestDatabase } from './support/postgres/database.ts'
import { isPrometheusInstalled, type Prometheus, type Sample, startPrometheus } from './support/programs/prometheus.ts'

/** Seconds of writing; continuous integration sets this variable to a minute. */
const SECONDS = Number(process.env['PROMETHEUS_SECONDS'] ?? 6)
const FULL_MS = 2_000
const DEAD_MS = 500
const CAUGHT_UP_MS = 20_000

let database: TestDatabase
let folder: string
let log: ProcessLog
let ingest: FunctionAtPort
let query: FunctionAtPort
let prometheus: Prometheus
let key: string

beforeAll(async () => {
  if (!isPrometheusInstalled) return
  database = await createTestDatabase()
  await makeLive(database, monthOf(Date.now() * 1_000))
  await database.query(
    `create function disk_full() returns trigger language plpgsql as $$ begin raise 'disk full' using errcode = '53100'; end $$;
     create trigger disk_full before insert on metric_log for each statement execute function disk_full();
     alter table metric_log disable trigger disk_full`,
  )
  const client = await database.connect()
  const wanted = { tenant: 'default', scopes: ['metrics:write', 'metrics:read'], expiresInDays: 1 }
  key = (await createKey({ client, randomBytes, checksumKey }, wanted)).key
  await client.end()
  folder = await mkdtemp(join(tmpdir(), 'penstock-prometheus-'))
  log = openProcessLog({ clock: Date.now, show: () => {} }, 'functions', join(folder, 'functions.log'))
  ingest = await functionAtPort({ log }, 'metrics-ingest', database.urlOf('metrics-ingest'))
  query = await functionAtPort({ log }, 'metrics-query', database.urlOf('metrics-query'))
})
afterAll(async () => {
  if (!isPrometheusInstalled) return
  await prometheus?.stop()
  await Promise.all([ingest.kill(), query.kill()])
  await log.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

interface Metric {
  readonly service_name: string
  readonly metric_type: string
  readonly metric_value: number
  readonly timestamp: string
  readonly metric_metadata: Readonly<Record<string, string>>
}

/** Every metric of these milliseconds, page by page. */
async function stored(from: number, to: number): Promise<readonly Sample[]> {
  const range = { start_time: new Date(from).toISOString(), end_time: new Date(to).toISOString(), limit: '10000' }
  const found: Sample[] = []
  let next: string | undefined = `/api/v1/monitoring/metrics?${new URLSearchParams(range).toString()}`
  while (next !== undefined) {
    const url: URL = new URL(next, `http://127.0.0.1:${query.port}`)
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    found.push(...((await answer.json()) as Metric[]).map(asSample))
    next = /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  return found
}

const asSample = ({ service_name, metric_type, metric_value, timestamp, metric_metadata }: Metric): Sample => ({
  labels: { __name__: metric_type, job: service_name, ...metric_metadata },
  at: Date.parse(timestamp),
  value: metric_value,
})

const textOf = ({ labels, at, value }: Sample): string => `${canonicalLabels(labels)} ${at} ${value + 0}`

/**
 * The disk is full, so writes are answered with 503; then there is room again; then the process is killed as soon as the waiting points
 * begin to arrive.
 */
async function trouble(from: number): Promise<void> {
  const retried = async () => await prometheus.own('prometheus_remote_storage_samples_retried_total')
  const before = await retried()
  await database.query('alter table metric_log enable trigger disk_full')
  await sleep(FULL_MS)
  await expect.poll(retried, { timeout: CAUGHT_UP_MS }).toBeGreaterThan(before)
  const stuck = (await stored(from, Date.now())).length
  await database.query('alter table metric_log disable trigger disk_full')
  await expect
    .poll(async () => (await stored(from, Date.now())).length, { timeout: CAUGHT_UP_MS })
    .toBeGreaterThan(stuck)
  await ingest.kill()
  await sleep(DEAD_MS)
  await ingest.start()
}

it.skipIf(!isPrometheusInstalled)(
  'a query answers exactly what Prometheus scraped, after 503 and SIGKILL, again and again',
  async () => {
    await Promise.all([ingest.start(), query.start()])
    const from = Date.now()
    prometheus = await startPrometheus({ folder, key, writeTo: `http://127.0.0.1:${ingest.port}/api/v1/write` })
    while (Date.now() < from + SECONDS * 1_000) await trouble(from)
    const to = Date.now()
    // A scrape that began before is in its storage by then.
    await sleep(1_000)

    const scraped = await prometheus.samples(from, to)
    const finite = new Set(scraped.filter(({ value }) => Number.isFinite(value)).map(textOf))
    await expect.poll(async () => (await stored(from, to)).length, { timeout: CAUGHT_UP_MS }).toBe(finite.size)
    const answered = new Set((await stored(from, to)).map(textOf))

    expect([...finite].filter((sample) => !answered.has(sample))).toEqual([])
    expect([...answered].filter((sample) => !finite.has(sample))).toEqual([])
    expect(finite.size).toBeGreaterThan(200 * SECONDS)
    expect(finite.size).toBeLessThan(scraped.length)
    expect(await prometheus.own('prometheus_remote_storage_samples_failed_total')).toBe(0)
    expect(await prometheus.own('prometheus_remote_storage_samples_dropped_total')).toBe(0)
  },
  SECONDS * 1_000 + 120_000,
)
