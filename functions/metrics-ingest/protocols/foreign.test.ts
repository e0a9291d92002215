// Third-party protocols through the front into PostgreSQL, by their real clients if there are any.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { HttpError, InfluxDB, Point, setLogger, type WriteOptions } from '@influxdata/influxdb-client'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { busy, tooMany } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { countUsage } from '@penstock/shared/report/usage.ts'
import { readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { firstFormKey } from '../../../test/support/http/api-keys.ts'
import { makeLive } from '../../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { encodeOtlp } from '../../../test/support/protocols/otlp-schema.ts'
import { routes } from '../contract.ts'
import metricsIngest from '../index.ts'
import { createStamps } from '../stamps.ts'
import { createWriter, type Store } from '../writer.ts'
import { foreignFailure, foreignHandlers } from './foreign-routes.ts'

const NOON_MS = Date.UTC(2026, 10, 20, 12)
const month = new Date(Date.now()).toISOString().slice(0, 7)

let database: TestDatabase
let db: PenstockDatabase
let server: Server
let base: string
let key: string
/** Number of writes that are still refused, as when the database is unavailable. */
let trouble: number
let broken: boolean
let isOverShare: boolean
beforeAll(async () => {
  setLogger({ error: () => {}, warn: () => {} })
  database = await createTestDatabase()
  await makeLive(database, '2026-11-01')
  if (month !== '2026-11') await makeLive(database, `${month}-01`)
  const tenant = await createTenant(database, 'default')
  const { id, secretSha256, key: made } = firstFormKey()
  key = made
  await database.query('insert into api_key (id, tenant_id, secret_sha256, scopes) values ($1, $2, $3, $4)', [
    id,
    tenant,
    secretSha256,
    ['metrics:write'],
  ])
  // Callers without credentials act as the tenant `default`, whose key the clients have that need one.
  const config = readSettings([metricsIngest], {
    DATABASE_URL: database.urlOf('metrics-ingest'),
    OPEN: '1',
    POINT_ID_KEY: '02'.repeat(16),
  })
  db = database.openAs('metrics-ingest')
  const write = createWriter({ db, now: Date.now })
  const store: Store = async (tenantId, request) => {
    if (broken) throw new TypeError('a fault of ours')
    if (isOverShare) throw tooMany('This tenant has its share.', 7)
    if (trouble-- > 0) throw busy('The database is away.', undefined, 0)
    return await write(tenantId, request)
  }
  const deps = {
    now: Date.now,
    limits: { earliestYear: 2010, maxAheadHours: 24 },
    stamp: createStamps({ db, now: Date.now }),
    series: createSeriesResolver({ db, now: Date.now }),
    store,
    takePoints: async () => {},
    usage: countUsage(),
  }
  const { one: _one, batch: _batch, ...foreign } = routes
  const service = { config: config.edge, db, routes: foreign, handlers: foreignHandlers(deps), failure: foreignFailure }
  const listener = createListener('metrics-ingest', service)
  server = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(async () => {
  trouble = 0
  broken = false
  isOverShare = false
  await database.query('truncate metric_log')
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => void server.close(resolve))
  await db.close()
  await database.drop()
})

interface Row {
  readonly name: string
  readonly unit: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}
const rows = async (): Promise<readonly Row[]> =>
  await database.query<Row & object>(
    `select s.service_name || ' ' || s.metric_type as name, s.unit, s.labels, p.value
     from stored_point p join metric_series s on s.id = p.series_id order by 1, s.labels::text, p.ts`,
  )
const values = async () => (await rows()).map(({ name, value }) => [name, value])

async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(base + path, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}
/** A block of literals, of up to 127 bytes. */
function snappy(bytes: Buffer): Buffer {
  const literals = [bytes.subarray(0, 60), bytes.subarray(60, 120), bytes.subarray(120)].filter(
    (part) => part.length > 0,
  )
  const parts = literals.flatMap((part) => [Buffer.from([(part.length - 1) << 2]), part])
  return Buffer.concat([Buffer.from([bytes.length]), ...parts])
}

const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }
const gauge = (...points: object[]) => ({
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
      scopeMetrics: [
        {
          metrics: [
            { name: 'm', gauge: { dataPoints: points.map((p) => ({ timeUnixNano: `${NOON_MS}000000`, ...p })) } },
          ],
        },
      ],
    },
  ],
})

describe('a tenant over its share', () => {
  it.each([
    ['/v1/metrics', JSON.stringify(gauge({ asDouble: 1 })), json, 503],
    ['/api/v2/write', `cpu usage=1 ${NOON_MS}000000`, {}, 429],
  ])('is told by %s to come again, by a status that its clients repeat', async (path, body, headers, status) => {
    isOverShare = true
    const answer = await post(path, body, headers)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '7'])
  })
})

describe('an entry of which a part cannot be stored', () => {
  const at = `${NOON_MS}000000`
  const histogram = (name: string, point: object) => ({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'whole' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name,
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [{ timeUnixNano: at, count: '3', sum: 4, ...point }],
                },
              },
            ],
          },
        ],
      },
    ],
  })

  it('leaves nothing behind, neither points nor series, where the tenant has room for some of its series', async () => {
    await database.query('update tenant set series_limit = series_count + 3')
    const buckets = { explicitBounds: [1, 2], bucketCounts: ['1', '1', '1'] }
    const { status, bytes } = await post('/v1/metrics', JSON.stringify(histogram('wide', buckets)), json)
    expect(status).toBe(200)
    expect(JSON.parse(String(bytes))).toMatchObject({ partialSuccess: { rejectedDataPoints: '1' } })
    const left = `select from metric_series where metric_type like 'wide%'`
    expect([await rows(), await database.query(left)]).toEqual([[], []])
    expect((await post('/v1/metrics', JSON.stringify(histogram('slim', {})), json)).bytes.toString()).toBe('{}')
    expect(await values()).toHaveLength(2)
    await database.query('update tenant set series_limit = 100000')
  })

  it('is stored up to the field that breaks a rule where it is a line, and refused where a field has no room', async () => {
    const { status } = await post('/write', 'cpu ok=1,big=2e150')
    expect(status).toBe(422)
    expect(await values()).toEqual([['cpu ok', 1]])
    await database.query('update tenant set series_limit = series_count + 1')
    const { bytes } = await post('/write', 'mem a=1,b=2\nmem c=3')
    expect(String(bytes)).toContain('line 1: ')
    expect((await values()).filter(([name]) => String(name).startsWith('mem'))).toEqual([['mem c', 3]])
    await database.query('update tenant set series_limit = 100000')
  })
})

describe('an attribute of a resource that is too long', () => {
  it('is left out, and told once', async () => {
    const request = gauge({ asDouble: 1 })
    request.resourceMetrics[0]?.resource.attributes.push({
      key: 'process.command_line',
      value: { stringValue: 'x'.repeat(5_000) },
    })
    const send = async () => String((await post('/v1/metrics', JSON.stringify(request), json)).bytes)
    expect(JSON.parse(await send())).toEqual({
      partialSuccess: {
        rejectedDataPoints: '0',
        errorMessage: expect.stringContaining('without the resource attributes "resource.process.command_line"'),
      },
    })
    expect(await send()).toBe('{}')
    expect(await values()).toEqual([['s m', 1]])
  })
})

describe.each([
  ['protobuf', ProtobufExporter, 'none'],
  ['protobuf, gzipped', ProtobufExporter, 'gzip'],
  ['JSON', JsonExporter, 'none'],
] as const)('the OpenTelemetry SDK over %s', (_, Exporter, compression) => {
  const open = () => {
    const exporter = new Exporter({ url: `${base}/v1/metrics`, compression: compression as never })
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    return new MeterProvider({ readers: [reader] })
  }

  it('has what it measured stored, also when it is answered 503 first', async () => {
    trouble = 1
    const provider = open()
    const meter = provider.getMeter('test')
    meter.createGauge('temperature', { unit: 'Cel' }).record(21.5, { room: 'büro' })
    meter.createCounter('requests').add(3, { code: 200 })
    meter.createUpDownCounter('depth').add(-2)
    const duration = meter.createHistogram('duration', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } })
    for (const seconds of [0.05, 0.5, 5]) duration.record(seconds)
    await provider.forceFlush()
    await provider.shutdown()
    const stored = await rows()
    const service = stored[0]?.name.split(' ')[0]
    const byName = new Map(
      stored.map(({ name, value, labels }) => [`${name.split(' ')[1]}${labels['le'] ?? ''}`, value]),
    )
    expect(service).toMatch(/^unknown_service/)
    expect(Object.fromEntries(byName)).toMatchObject({
      temperature: 21.5,
      requests: 3,
      depth: -2,
      'duration.count': 3,
      'duration.sum': 5.55,
      'duration.min': 0.05,
      'duration.max': 5,
      'duration.bucket0.1': 1,
      'duration.bucket1': 2,
      'duration.bucket+Inf': 3,
    })
    expect(trouble).toBeLessThan(0)
  })
})

describe('what clients of InfluxDB 1 ask before they write', () => {
  it.each(['GET', 'HEAD'])('is whether there is a server, by %s and without a credential', async (method) => {
    const reply = await fetch(`${base}/ping`, { method, headers: { authorization: 'Token nobody' } })
    expect([reply.status, reply.headers.get('x-influxdb-version'), await reply.text()]).toEqual([204, '1.8.10', ''])
  })

  it('is its version in the body too, where they say so, and nothing else by other methods', async () => {
    const reply = await fetch(`${base}/ping?verbose=true`)
    expect([reply.status, await reply.json()]).toEqual([200, { version: '1.8.10' }])
    expect((await fetch(`${base}/ping`, { method: 'POST' })).status).toBe(405)
  })

  it('is that it makes their database, which no write needs', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const made = await post('/query', 'q=CREATE+DATABASE+%22telegraf%22', form)
    expect([made.status, JSON.parse(made.bytes.toString())]).toEqual([200, { results: [{ statement_id: 0 }] }])
    expect((await post('/query?q=CREATE%20DATABASE%20x%20WITH%20DURATION%201d', '')).status).toBe(200)
    expect((await post('/query?q=CREATE+RETENTION+POLICY+a+ON+x+DURATION+1d+REPLICATION+1', '')).status).toBe(200)
    const listed = await fetch(`${base}/query?q=SHOW+DATABASES`)
    expect(await listed.json()).toEqual({
      results: [{ statement_id: 0, series: [{ name: 'databases', columns: ['name'], values: [] }] }],
    })
  })

  it.each(['SELECT * FROM cpu', 'DROP DATABASE x', 'CREATE DATABASE x; SELECT 1', ''])(
    'is refused when it is a question: %s',
    async (statement) => {
      const reply = await post(`/query?q=${encodeURIComponent(statement)}`, '')
      expect(reply.status).toBe(400)
      expect(JSON.parse(reply.bytes.toString())).toMatchObject({ code: 'invalid', error: expect.any(String) })
    },
  )

  it('needs a key that may write, but for the ping', async () => {
    expect((await post('/query?q=SHOW+DATABASES', '', { authorization: 'Token nobody' })).status).toBe(401)
  })
})

describe('the client of InfluxDB', () => {
  const write = async (options: Partial<WriteOptions>, ...points: Point[]) => {
    const api = new InfluxDB({ url: base, token: key }).getWriteApi('org', 'bucket', 'ms', {
      maxRetries: 0,
      ...options,
    })
    api.writePoints(points)
    await api.close()
  }
  const point = (at: number) => new Point('room temp,x').tag('sensor id', 'a=b,c').timestamp(NOON_MS + at)

  it.each([0, 1_000_000])('has what it wrote stored, gzipped above %i bytes', async (gzipThreshold) => {
    await write(
      { gzipThreshold },
      point(0).floatField('v', 1.5).intField('n', -7).booleanField('b', true).uintField('u', '18446744073709551615'),
    )
    expect(await values()).toEqual([
      ['room temp,x b', 1],
      ['room temp,x n', -7],
      ['room temp,x u', 2 ** 64],
      ['room temp,x v', 1.5],
    ])
    expect((await rows())[0]?.labels).toEqual({ 'sensor id': 'a=b,c' })
  })

  it('has its bucket as a label where its path asks for that', async () => {
    const api = new InfluxDB({ url: base, token: key }).getWriteApi('org', 'plant-2', 'ms', { maxRetries: 0 })
    api.path += '&bucket_label=plant'
    api.writePoint(point(0).floatField('v', 1))
    await api.close()
    expect((await rows())[0]?.labels).toEqual({ 'sensor id': 'a=b,c', plant: 'plant-2' })
  })

  it('is told in its own words which line was refused', async () => {
    const refused = write({}, point(0).floatField('v', 1), point(1).stringField('s', 'text'))
    await expect(refused).rejects.toThrow(HttpError)
    await expect(refused).rejects.toMatchObject({
      statusCode: 422,
      code: 'unprocessable entity',
      message: expect.stringContaining('line 2: the line has only string fields, and strings are not stored'),
    })
    expect(await values()).toEqual([['room temp,x v', 1]])
  })

  it('sends again what was answered 503', async () => {
    trouble = 1
    const api = new InfluxDB({ url: base, token: key }).getWriteApi('org', 'bucket', 'ms', { minRetryDelay: 1 })
    api.writePoint(point(0).floatField('v', 2))
    // The first attempt fails, and the client retries by itself.
    await expect(api.flush()).rejects.toMatchObject({ statusCode: 503 })
    await expect.poll(values, { timeout: 10_000 }).toEqual([['room temp,x v', 2]])
    await api.close()
  })
})

describe('an answer', () => {
  it('of OTLP has the type of the request, and says what was refused and why', async () => {
    const request = gauge({ asDouble: 1 }, {}, { asDouble: 3, timeUnixNano: `${NOON_MS + 1}000000` })
    const first = await post('/v1/metrics', JSON.stringify(request), json)
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(JSON.parse(first.bytes.toString())).toEqual({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: 'value of "m" is missing' },
    })
    const second = await post('/v1/metrics', gzipSync(encodeOtlp(request)), { ...protobuf, 'content-encoding': 'gzip' })
    expect([second.status, second.headers.get('content-type')]).toEqual([200, 'application/x-protobuf'])
    expect(second.bytes).toEqual(Buffer.from('\x0a\x1b\x08\x01\x12\x17value of "m" is missing', 'latin1'))
    expect(await values()).toEqual([
      ['s m', 1],
      ['s m', 3],
    ])
  })

  it('of OTLP is nothing where nothing was refused', async () => {
    expect((await post('/v1/metrics', '{}', json)).bytes.toString()).toBe('{}')
    expect(await post('/v1/metrics', Buffer.alloc(0), protobuf)).toMatchObject({ status: 200, bytes: Buffer.alloc(0) })
  })

  it('of OTLP to what cannot be read is a status in its type', async () => {
    const text = await post('/v1/metrics', '{', json)
    expect([text.status, text.bytes.toString()]).toEqual([400, '{"message":"The body is not valid JSON."}'])
    const bytes = await post('/v1/metrics', Buffer.from('ff', 'hex'), protobuf)
    expect([bytes.status, bytes.headers.get('content-type'), bytes.bytes[0]]).toEqual([
      400,
      'application/x-protobuf',
      0x12,
    ])
  })

  it('of OTLP to a fault of ours is one after which an exporter sends again', async () => {
    broken = true
    const answer = await post('/v1/metrics', JSON.stringify(gauge({ asDouble: 1 })), json)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(answer.bytes.toString()).not.toContain('TypeError')
  })

  it.each([
    ['/api/v2/write', '1, bucket', {}],
    ['/write', '1', { db: 'd' }],
  ])('of %s is nothing, and counts strings that were passed over', async (path, ignored, labels) => {
    const answer = await post(`${path}?precision=ms&bucket=b&org=o&db=d`, `m v=1,s="x" ${NOON_MS}`)
    expect([answer.status, answer.headers.get('penstock-ignored')]).toEqual([204, ignored])
    expect(await rows()).toMatchObject([{ labels, value: 1 }])
  })

  it('of InfluxDB says that the bucket is no label, until the sender names the label', async () => {
    const send = async (query: string, line = 'm v=1') => {
      const { status, headers } = await post(`/api/v2/write?precision=ms${query}`, `${line} ${NOON_MS}`)
      return [status, headers.get('penstock-ignored')]
    }
    expect(await send('')).toEqual([204, null])
    expect(await send('&bucket=')).toEqual([204, null])
    expect(await send('&bucket=a')).toEqual([204, 'bucket'])
    expect(await send('&bucket=b', 'm v=2')).toEqual([204, 'bucket'])
    expect(await send('&bucket=b', 'm v=')).toEqual([400, 'bucket'])
    expect(await rows()).toMatchObject([{ labels: {}, value: 2 }])
    for (const bucket of ['a', 'b']) expect(await send(`&bucket=${bucket}&bucket_label=from`)).toEqual([204, null])
    const labels = (await rows()).map((row) => row.labels)
    expect(labels.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { from: 'a' },
      { from: 'b' },
      {},
    ])
    expect(await send('&bucket=a&bucket_label=')).toEqual([400, null])
  })

  it.each([
    [
      'nonsense\nmore',
      400,
      'invalid',
      'unable to parse: line 1: the line has no fields; line 2: the line has no fields',
    ],
    [
      'm v="text"',
      422,
      'unprocessable entity',
      'partial write: line 1: the line has only string fields, and strings are not stored',
    ],
    ['m v=1\nm v=', 422, 'unprocessable entity', 'partial write: line 2: the line has a field without a value'],
    [
      'm v=1 1',
      422,
      'unprocessable entity',
      'partial write: line 1: timestamp must not be before 2010-01-01T00:00:00.000000Z',
    ],
    [
      Array(5).fill('m').join('\n'),
      400,
      'invalid',
      expect.stringMatching(/^unable to parse: (line \d: [^;]+; ){3}and 2 more$/),
    ],
  ])('of InfluxDB to %j names the lines', async (body, status, code, message) => {
    const answer = await post('/api/v2/write?precision=ms', body)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.bytes.toString())).toEqual({ code, message, error: message })
  })

  it('of InfluxDB to a precision that there is not, or when we are away, is in its shape', async () => {
    const wrong = await post('/api/v2/write?precision=week', 'm v=1')
    expect([wrong.status, JSON.parse(wrong.bytes.toString())]).toMatchObject([400, { code: 'invalid' }])
    trouble = 1
    const away = await post('/api/v2/write', 'm v=1')
    expect([away.status, JSON.parse(away.bytes.toString())]).toMatchObject([503, { code: 'unavailable' }])
    expect(away.headers.has('retry-after')).toBe(true)
  })

  it('of remote write is 204, 400 with a reason, 415, or 503 over a share', async () => {
    const sample = (value: number, at: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value)
      // One series of one label, __name__ = m, with one sample whose milliseconds are a varint.
      let ms = BigInt(at)
      const varint: number[] = []
      for (; ms > 127n; ms >>= 7n) varint.push(Number(ms & 127n) | 128)
      varint.push(Number(ms))
      const one = Buffer.concat([Buffer.from([0x09]), bytes, Buffer.from([0x10, ...varint])])
      const label = Buffer.concat([
        Buffer.from([0x0a, 8]),
        Buffer.from('__name__'),
        Buffer.from([0x12, 1]),
        Buffer.from('m'),
      ])
      const series = Buffer.concat([Buffer.from([0x0a, label.length]), label, Buffer.from([0x12, one.length]), one])
      return Buffer.concat([Buffer.from([0x0a, series.length]), series])
    }
    const send = async (type: string, ...samples: Buffer[]) =>
      await post('/api/v1/write', snappy(Buffer.concat(samples)), { 'content-type': type })
    const type = 'application/x-protobuf'
    const ignored = await send(type, sample(1, NOON_MS), sample(Number.NaN, NOON_MS + 1))
    expect([ignored.status, ignored.headers.get('penstock-ignored')]).toEqual([204, '1'])
    const refused = await send(type, sample(2, NOON_MS), sample(3, 1))
    expect([refused.status, refused.bytes.toString()]).toEqual([
      400,
      '1 samples were rejected, the others were stored: timestamp must not be before 2010-01-01T00:00:00.000000Z\n',
    ])
    expect((await send(`${type};proto=io.prometheus.write.v2.Request`, sample(4, NOON_MS))).status).toBe(415)
    expect(await values()).toEqual([['prometheus m', 2]])
    isOverShare = true
    const later = await send(type, sample(5, NOON_MS))
    expect([later.status, later.headers.get('retry-after')]).toEqual([503, '7'])
  })
})

it('a request of more points than a transaction takes is stored whole, of equal ones the last', async () => {
  const lines = Array.from({ length: 20_001 }, (_, i) => `m v=${i} ${NOON_MS + (i % 20_000)}`)
  expect((await post('/write?precision=ms', lines.join('\n'))).status).toBe(204)
  const [row] = await database.query(
    'select count(*)::int as count, min(value) as least, max(value) as most from stored_point',
  )
  expect(row).toEqual({ count: 20_000, least: 1, most: 20_000 })
})

it('lines without an instant have the clock, and none that another has', async () => {
  await Promise.all([post('/write', 'm v=1\nm v=2'), post('/write', 'm v=3\nm v=4')])
  expect((await values()).map(([, value]) => Number(value)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
})
