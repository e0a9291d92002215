// The run of each minute, with the real client and a service that is as strict as the real one.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import { countInstance } from '@penstock/shared/report/instance-counters.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestMonitoring, type TestMonitoring } from '../../../test/support/google/monitoring.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { readQueries, scraper } from '../handler.ts'
import { type CloudMonitoring, openCloudMonitoring } from './cloud-monitoring.ts'
import { expose } from './exposition.ts'
import { type PublishDeps, publish } from './publish.ts'

let db: TestDatabase
let own: PenstockDatabase
let service: TestMonitoring
let cloud: CloudMonitoring
let deps: PublishDeps
let sent: (readonly object[])[]
const clock = { ms: 0 }

beforeAll(async () => {
  db = await createTestDatabase()
  own = db.openAs('monitoring')
})
afterAll(async () => await db.drop())

beforeEach(async () => {
  for (const table of ['database_sample', 'instance_seen', 'function_total', 'index_use', 'instance_report', 'job_run'])
    await db.query(`delete from ${table}`)
  clock.ms = Math.floor(Date.now() / 60_000) * 60_000 + 5_000
  service = await createTestMonitoring(() => clock.ms)
  cloud = openClient(service.url)
  sent = []
  deps = {
    db: own,
    now: () => clock.ms,
    pause: async () => {},
    platform: { tier: 'standard' },
    limits: jobPatience,
    cloudMonitoring: cloud,
    topic: { publish: async (points) => void sent.push(points) },
    pointMinutes: 1,
    readsInstance: false,
  }
  return async () => await service.close()
})

const openClient = (endpoint: string) =>
  openCloudMonitoring({ project: 'local', endpoint, metadataHost: '127.0.0.1:1', instance: 'local:db', now: Date.now })

const manual = { scheduleTime: undefined, waitMs: 5_000 }
const counters = countInstance()

/** Reports an instance of feedback after further statements. */
async function work(ms: readonly number[], startedAt = clock.ms - 30_000): Promise<void> {
  for (const duration of ms) counters.statement('select 1', duration)
  await db.query(
    `insert into instance_report values ('feedback', '11111111-0000-4000-8000-000000000001', 'r', to_timestamp($1::float8 / 1000), now(), $2)
     on conflict (function, instance) do update set report = excluded.report, started_at = excluded.started_at`,
    [startedAt, JSON.stringify(counters.report())],
  )
}

async function values(type: string): Promise<readonly unknown[]> {
  const interval = `interval.endTime=${new Date(clock.ms + 60_000).toISOString()}&interval.startTime=${new Date(0).toISOString()}`
  const filter = encodeURIComponent(`metric.type = "custom.googleapis.com/${type}"`)
  const answer = await fetch(`${service.url}/v3/projects/local/timeSeries?filter=${filter}&${interval}`)
  const { timeSeries = [] } = (await answer.json()) as { timeSeries?: { points: { value: object }[] }[] }
  return timeSeries.flatMap(({ points }) => points.flatMap(({ value }) => Object.values(value)))
}

describe('a run', () => {
  it('publishes each series once a minute, and a retry of the minute is not an error', async () => {
    await work([1, 300])
    const first = await publish(deps, manual)
    expect(first).toMatchObject({ status: 'success', metrics: { skipped: 0, errors: [] } })
    expect(first.metrics.published).toBe(first.metrics.collected)
    expect(await values('database/query_count')).toEqual(['2'])
    expect(await values('database/slow_query_percentage')).toEqual([50])
    expect(await values('database/average_query_time_ms')).toEqual([150.5])

    await work([1])
    const again = await publish(deps, manual)
    expect(again).toMatchObject({
      status: 'success',
      metrics: { published: 0, skipped: first.metrics.collected, errors: [] },
    })

    clock.ms += 60_000
    await publish(deps, manual)
    expect(await values('database/query_count')).toEqual(['1', '2'])
    expect(sent).toHaveLength(3)
    expect(sent[0]).toContainEqual({
      service_name: 'suite',
      metric_type: 'query_count',
      metric_value: 2,
      unit: '1',
      timestamp: new Date(clock.ms - 65_000).toISOString().replace('Z', '000Z'),
    })
    // The points of a repeated minute are the same, so they replace each other.
    expect(sent[1]).toEqual(sent[0])
  })

  it('counts what an instance did before it started again only once', async () => {
    const counted = async () =>
      (await readQueries({ ...deps, now: () => clock.ms }, { window: '1h', limit: 5 })).total_queries
    await work([1, 2])
    const before = counters.report().statements.histogram.reduce((all, value, i) => (i % 2 ? all + value : all), 0)
    await publish(deps, manual)
    expect(await counted()).toBe(before)
    clock.ms += 60_000
    await work([3], clock.ms - 1_000)
    expect(await counted()).toBe(before + before + 1)
    await publish(deps, manual)
    expect(await counted()).toBe(before + before + 1)
  })

  it('takes the minute of its schedule, and nothing of one that a later sample contains', async () => {
    await work([1])
    const minute = (offset: number) => new Date(Math.floor(clock.ms / 60_000) * 60_000 + offset).toISOString()
    await publish(deps, { ...manual, scheduleTime: minute(0) })
    const late = await publish(deps, { ...manual, scheduleTime: minute(-60_000) })
    expect(late).toMatchObject({ status: 'success', metrics: { published: 0, collected: 0, stored: 0 } })
    expect(await db.query('select at from database_sample')).toHaveLength(1)
  })

  it('stores points although Cloud Monitoring refuses, and publishes the next minute', async () => {
    await work([1])
    const down = { ...deps, cloudMonitoring: openClient('http://127.0.0.1:1') }
    const failed = await publish(down, manual)
    expect(failed.status).toBe('partial')
    expect([failed.metrics.published, failed.metrics.stored, failed.metrics.errors.length]).toEqual([
      0,
      failed.metrics.collected,
      1,
    ])
    clock.ms += 60_000
    expect((await publish(deps, manual)).status).toBe('success')
  })

  it('publishes to Cloud Monitoring although the topic refuses', async () => {
    const topic = { publish: async () => await Promise.reject(new Error('the topic answered 503')) }
    const answer = await publish({ ...deps, topic }, manual)
    expect(answer).toMatchObject({
      status: 'partial',
      metrics: { stored: 0, errors: [{ detail: expect.stringContaining('503') }] },
    })
    expect(answer.metrics.published).toBeGreaterThan(20)
  })

  it('stores points each fifth minute where it is said so', async () => {
    for (let i = 0; i < 5; i++) {
      await publish({ ...deps, pointMinutes: 5 }, manual)
      clock.ms += 60_000
    }
    expect(sent).toHaveLength(1)
  })

  it('two at a time take one sample', async () => {
    await work([1])
    const both = await Promise.all([
      publish(deps, manual),
      publish({ ...deps, pause: async () => await new Promise((done) => setTimeout(done, 50)) }, manual),
    ])
    expect(both.map(({ status }) => status)).toEqual(['success', 'success'])
    expect(await db.query('select from database_sample')).toHaveLength(1)
  })

  it('reads the instance of Cloud SQL by what Google measures', async () => {
    const end = new Date(Math.floor(clock.ms / 60_000) * 60_000 - 60_000).toISOString()
    const labels = { project_id: 'local', region: 'r', database_id: 'local:db' }
    for (const [name, doubleValue] of [
      ['cpu', 0.25],
      ['disk', 0.5],
    ] as const)
      service.content.plant({
        metric: { type: `cloudsql.googleapis.com/database/${name}/utilization`, labels: {} },
        resource: { type: 'cloudsql_database', labels },
        points: [{ interval: { endTime: end }, value: { doubleValue } }],
      })
    await publish({ ...deps, readsInstance: true }, manual)
    expect(await values('penstock/cpu_percentage')).toEqual([25])
    expect(await values('penstock/disk_percentage')).toEqual([50])
    expect(await values('penstock/memory_percentage')).toEqual([])
  })
})

describe('the counters of a scrape', () => {
  it('never decrease, also when a report is deleted', async () => {
    const count = async () => {
      const text = expose(await scraper(deps)(), 'prometheus')
      return Number(/^penstock_statement_duration_seconds_count\{function="feedback"\} (\d+)$/m.exec(text)?.[1])
    }
    await work([1, 2, 3])
    const first = await count()
    await publish(deps, manual)
    expect(await count()).toBe(first)
    await db.query('delete from instance_report')
    clock.ms += 60_000
    await publish(deps, manual)
    expect(await count()).toBe(first)
    expect(await db.query('select from instance_seen')).toEqual([])
  })
})
