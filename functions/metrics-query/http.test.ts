// The routes through the front, as a client meets them.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseTimestamp, SECOND } from '@penstock/shared/base/time.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { readSettings } from '@penstock/shared/slice/deployment.ts'
import { tableFromIPC } from '@uwdata/flechette'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../test/support/points/points.ts'
import { emptyArchive } from '../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../test/support/points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { answerTypes, type Metric, routes } from './contract.ts'
import metricsQuery from './index.ts'
import { defaultLimits } from './limits.ts'
import { openSeriesMemory } from './range/point-template.ts'
import { handlersOf } from './replies.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') as number
const range = { start_time: '2026-11-20T00:00:00Z', end_time: '2026-11-21T00:00:00Z' }

let database: TestDatabase
let db: PenstockDatabase
let server: Server
let base: string
beforeAll(async () => {
  database = await createTestDatabase()
  await makeLive(database, '2026-11-01')
  const tenant = await createTenant(database, 'default')
  for (const host of ['ü&a', 'b c']) {
    const id = await addSeries(database, tenant, { labels: { host, s: '+' } })
    await addPoints(
      database,
      tenant,
      id,
      [...Array(10).keys()].map((i) => [NOON - i * SECOND, i] as const),
    )
  }
  // Callers without credentials act as the tenant `default`.
  const { edge } = readSettings([metricsQuery], {
    DATABASE_URL: database.urlOf('metrics-query'),
    CURSOR_KEY: '01'.repeat(32),
    POINT_ID_KEY: '02'.repeat(16),
    OPEN: '1',
    ARCHIVE_BUCKET: 'none',
  })
  db = database.openAs('metrics-query')
  const handlers = handlersOf({
    db,
    now: Date.now,
    cursorKey: Buffer.alloc(32, 1),
    limits: defaultLimits,
    seriesMemory: openSeriesMemory(openPointIds(Buffer.alloc(16, 2))),
    archive: emptyArchive,
    cache: createCache({ clock: Date.now, redis: undefined, maxBytes: 1_000_000 }),
  })
  const listener = createListener('metrics-query', { config: edge, db, routes, handlers })
  server = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => void server.close(resolve))
  await db.close()
  await database.drop()
})

async function get(path: string, query: Record<string, string> = {}) {
  const url = new URL(path, base)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    link: response.headers.get('link'),
    json: await response.json(),
  }
}

const metrics = routes.range.path
const trendsOf = { ...range, service_name: 's', metric_type: 't', interval: 'hour' }
const next = (link: string): string => /^<([^>]+)>; rel="next"$/.exec(link)?.[1] ?? 'no link'

describe('a client', () => {
  it('reads a range page by page, by following links that keep its parameters', async () => {
    const seen: Metric[] = []
    let pages = 0
    let answer = await get(metrics, { ...range, 'labels.host': 'ü&a', 'labels.s': '+', limit: '4', offset: '1' })
    for (;;) {
      expect([answer.status, answer.type]).toEqual([200, 'application/json'])
      seen.push(...(answer.json as Metric[]))
      if (answer.link === null || pages++ > 9) break
      answer = await get(next(answer.link))
    }
    expect(seen.map((metric) => metric.metric_value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(new Set(seen.map((metric) => metric.metric_metadata?.['host']))).toEqual(new Set(['ü&a']))
  })

  it('reads an aggregate and the list of series', async () => {
    const sums = await get(routes.aggregate.path, {
      ...range,
      service_name: 'svc',
      metric_type: 'temp',
      interval: 'day',
      group_by: 'host',
    })
    expect(sums.json).toMatchObject({
      ...range,
      interval: 'day',
      data: [{ group: 'b c', count: 10, avg_value: 4.5 }, { group: 'ü&a' }],
    })
    const list = await get(routes.series.path, { limit: '1' })
    expect(list.json).toMatchObject([{ service_name: 'svc', metric_metadata: { host: 'ü&a' } }])
    const rest = await get(next(list.link ?? ''))
    expect(rest.json).toMatchObject([{ metric_metadata: { host: 'b c' } }])
  })

  it('reads a period compared with the one before', async () => {
    const { status, type, json } = await get(routes.trends.path, {
      ...trendsOf,
      service_name: 'svc',
      metric_type: 'temp',
    })
    expect([status, type]).toEqual([200, 'application/json'])
    expect(json).toMatchObject({
      ...range,
      current: { count: 20, avg_value: 4.5, sum_value: 90 },
      previous: { count: 0, avg_value: null, start_time: '2026-11-19T00:00:00.000000Z' },
      change: { avg_absolute: null, count_percentage: null },
      trend: { direction: 'falling' },
    })
    expect((json as { data: unknown[] }).data).toHaveLength(25)
  })

  it.each(answerTypes)(
    'reads points and aggregates as %s, page by page, and caches know what that depends on',
    async (type) => {
      const sums = {
        ...range,
        service_name: 'svc',
        metric_type: 'temp',
        interval: 'day',
        group_by: 'host',
        percentiles: '50',
      }
      for (const [path, query] of [
        [metrics, { ...range, limit: '4' }],
        [routes.aggregate.path, sums],
      ] as const) {
        const response = await fetch(new URL(`${path}?${new URLSearchParams(query).toString()}`, base), {
          headers: { accept: type },
          signal: AbortSignal.timeout(10_000),
        })
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')?.split(';')[0]).toBe(type)
        expect(response.headers.get('vary')).toContain('Accept')
        expect(response.headers.get('link') === null).toBe(path !== metrics)
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100)
      }
    },
  )

  it('reads the sums of a group as columns, lines, or an Arrow table', async () => {
    const query = new URLSearchParams({
      ...range,
      service_name: 'svc',
      metric_type: 'temp',
      interval: 'day',
      group_by: 'host',
      percentiles: '50',
    })
    const ask = async (accept: string) =>
      await fetch(new URL(`${routes.aggregate.path}?${query.toString()}`, base), { headers: { accept } })
    const day = parseTimestamp(range.start_time)
    const figures = {
      timestamps: [day],
      avg_value: [4.5],
      min_value: [0],
      max_value: [9],
      count: [10],
      sum_value: [45],
    }
    const [, columns, csv, arrow] = answerTypes
    expect(await (await ask(columns)).json()).toMatchObject({
      interval: 'day',
      series: [
        { group: 'b c', ...figures, percentiles: { 50: [4.5] } },
        { group: 'ü&a', ...figures },
      ],
    })
    expect((await (await ask(csv)).text()).split('\r\n')).toEqual([
      'timestamp,group,avg_value,min_value,max_value,count,sum_value,percentile_50',
      '2026-11-20T00:00:00.000000Z,b c,4.5,0,9,10,45,4.5',
      '2026-11-20T00:00:00.000000Z,ü&a,4.5,0,9,10,45,4.5',
      '',
    ])
    const table = tableFromIPC(await (await ask(arrow)).arrayBuffer(), { useBigInt: true })
    expect(table.toArray()).toMatchObject([
      { group: 'b c', avg_value: 4.5, count: 10n, sum_value: 45, percentile_50: 4.5 },
      { group: 'ü&a', count: 10n },
    ])
  })

  it.each([
    [metrics, { ...range, limit: '10001' }, '?limit'],
    [metrics, { end_time: range.end_time }, '?start_time'],
    [metrics, { ...range, 'labels.a': '\0' }, '?labels.a'],
    [metrics, { ...range, cursor: 'nonsense' }, '?cursor'],
    [metrics, { ...range, cursor: 'x', offset: '1' }, '?offset'],
    [routes.aggregate.path, { ...range, service_name: 's', metric_type: 't', interval: 'fortnight' }, '?interval'],
    [
      routes.aggregate.path,
      { ...range, service_name: 's', metric_type: 't', interval: 'hour', percentiles: '101' },
      '?percentiles',
    ],
    [routes.series.path, { limit: '0' }, '?limit'],
    [routes.trends.path, { ...range, service_name: 's', metric_type: 't', interval: 'month' }, '?interval'],
    [routes.trends.path, { ...trendsOf, moving_average: '91' }, '?moving_average'],
    [routes.trends.path, { ...trendsOf, moving_average: '1' }, '?moving_average'],
    [routes.trends.path, { ...trendsOf, compare: 'month' }, '?compare'],
    [routes.trends.path, { ...trendsOf, end_time: '2026-11-19T23:59:59Z' }, '?end_time'],
    [routes.trends.path, { ...trendsOf, start_time: '1990-01-01T00:00:00Z' }, '?interval'],
  ])('is told which parameter of %s broke a rule: %j', async (path, query, pointer) => {
    const { status, type, json } = await get(path, query as Record<string, string>)
    expect([status, type]).toEqual([422, 'application/problem+json'])
    expect(json).toMatchObject({
      status: 422,
      detail: expect.any(String),
      errors: [{ pointer, detail: expect.any(String) }],
    })
  })
})
