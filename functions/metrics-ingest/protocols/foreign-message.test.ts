// Third-party protocols as messages of Pub/Sub.
import { gzipSync } from 'node:zlib'
import type { ServicePrincipal } from '@penstock/shared/auth/principal.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ingestDeps } from '../../../test/support/points/ingest-deps.ts'
import { makeLive, storedPoints } from '../../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { encodeOtlp } from '../../../test/support/protocols/otlp-schema.ts'
import { type PushDeps, takePush } from '../push/push-handler.ts'

const NOON_MS = Date.UTC(2026, 10, 20, 12)
const now = () => NOON_MS
let db: TestDatabase
let database: PenstockDatabase
let deps: PushDeps
beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'acme')
  await makeLive(db, '2026-11-01')
  const options = { url: db.urlOf('metrics-ingest-pubsub'), ca: undefined, inCloud: false }
  database = openDatabase('metrics-ingest-pubsub', options)
  deps = ingestDeps(database, now)
})
beforeEach(async () => void (await db.query('truncate metric_log, dead_letter, idempotency_key')))
afterAll(async () => {
  await database.close()
  await db.drop()
})

const caller: ServicePrincipal = { kind: 'service', name: 'service:push@x', email: 'push@x' }

async function send(data: Buffer | string, attributes: Record<string, string> = {}, messageId = '17'): Promise<void> {
  const message = {
    data: Buffer.from(data).toString('base64'),
    attributes,
    messageId,
    publishTime: '2026-11-20T11:00:00Z',
  }
  const body = Buffer.from(JSON.stringify({ message, subscription: 'projects/p/subscriptions/s' }))
  await takePush(deps, caller, {
    headers: { 'content-type': 'application/json' },
    body,
    tenant: 'acme',
    multiTenant: false,
  })
}
const values = async () => (await storedPoints(db)).map((row) => row.value)
const letters = async () =>
  await db.query<{ reason: string; detail: string; content_type: string }>(
    'select reason, detail, content_type from dead_letter order by id',
  )
/** Returns the push that is stored. */
async function letter() {
  const [row] = await db.query<{ payload: Buffer }>('select payload from dead_letter')
  return JSON.parse(String(row?.payload)) as { message: { data: string; attributes: Record<string, string> } }
}

const otlp = (value: number) => ({
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'm',
              gauge: {
                dataPoints: [
                  {
                    asDouble: value,
                    timeUnixNano: `${NOON_MS}000000`,
                    attributes: [{ key: 'a', value: { stringValue: '1' } }],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
})
const own = (value: number) => ({
  service_name: 's',
  metric_type: 'm',
  metric_value: value,
  unit: '1',
  timestamp: new Date(NOON_MS).toISOString(),
  metric_metadata: { a: '1' },
})
/** WriteRequest of the sample 4.0 of `m{a="1",job="s"}` at noon, as a snappy block of one literal. */
function remoteWrite(): Buffer {
  const label = (name: string, value: string) =>
    Buffer.concat([
      Buffer.from([0x0a, name.length]),
      Buffer.from(name),
      Buffer.from([0x12, value.length]),
      Buffer.from(value),
    ])
  const varint: number[] = []
  let ms = BigInt(NOON_MS)
  for (; ms > 127n; ms >>= 7n) varint.push(Number(ms & 127n) | 128)
  const sample = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0x10, 0x40, 0x10, ...varint, Number(ms)])
  const labels = [label('__name__', 'm'), label('a', '1'), label('job', 's')]
  const parts = [
    ...labels.flatMap((one) => [Buffer.from([0x0a, one.length]), one]),
    Buffer.from([0x12, sample.length]),
    sample,
  ]
  const series = Buffer.concat(parts)
  const request = Buffer.concat([Buffer.from([0x0a, series.length]), series])
  return Buffer.concat([Buffer.from([request.length, (request.length - 1) << 2]), request])
}

const protobuf = 'application/x-protobuf'
const line = `s,a=1 m=3 ${NOON_MS}000000`

describe('a message', () => {
  it('of each protocol is the same row, and the last one wins', async () => {
    const routes: [Buffer | string, Record<string, string>, number][] = [
      [JSON.stringify(own(1)), {}, 1],
      [encodeOtlp(otlp(2)), { 'content-type': protobuf }, 2],
      [line, { 'content-type': 'text/plain; charset=utf-8' }, 3],
      [remoteWrite(), { 'content-type': protobuf, 'content-encoding': 'snappy' }, 4],
      [JSON.stringify(otlp(5)), { 'content-type': 'application/json' }, 5],
    ]
    for (const [data, attributes, value] of routes) {
      await send(data, attributes)
      expect(await values()).toEqual([value])
    }
    expect(await letters()).toEqual([])
  })

  it('may say its message, be gzipped, and name its precision', async () => {
    await send(remoteWrite(), { 'content-type': `${protobuf};proto=prometheus.WriteRequest` })
    expect(await values()).toEqual([4])
    await send(gzipSync(encodeOtlp(otlp(6))), { 'content-type': protobuf, 'content-encoding': 'gzip' })
    expect(await values()).toEqual([6])
    await send(gzipSync(JSON.stringify(otlp(7))), { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    expect(await values()).toEqual([7])
    await send(`s,a=1 m=8 ${NOON_MS}`, { 'content-type': 'text/plain', precision: 'ms' })
    expect(await values()).toEqual([8])
    expect(await letters()).toEqual([])
  })

  it('without instants has the same points on redelivery', async () => {
    for (let delivery = 0; delivery < 2; delivery++) await send('m v=1\nm v=2', { 'content-type': 'text/plain' })
    expect((await values()).toSorted((a, b) => a - b)).toEqual([1, 2])
  })

  it.each([
    ['no Protocol Buffers', 'ff', { 'content-type': protobuf }, 'undecodable'],
    ['no snappy', 'ff', { 'content-type': protobuf, 'content-encoding': 'snappy' }, 'undecodable'],
    ['no gzip', 'ff', { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, 'undecodable'],
    ['remote write 2.0', '00', { 'content-type': `${protobuf};proto=io.prometheus.write.v2.Request` }, 'undecodable'],
    ['no precision', 'm v=1', { 'content-type': 'text/plain', precision: 'week' }, 'undecodable'],
    ['no line', 'nonsense', { 'content-type': 'text/plain' }, 'invalid'],
    ['OTLP of another shape', '{"resourceMetrics":1}', { 'content-type': 'application/json' }, 'undecodable'],
  ] as [string, string, Record<string, string>, string][])(
    'that is %s is kept as a dead letter',
    async (_, data, attributes, reason) => {
      await send(data, attributes)
      await send(data, attributes)
      expect(await letters()).toMatchObject([{ reason }])
      expect(await values()).toEqual([])
    },
  )

  it('of lines of which some are refused has the others stored, and those kept where they were', async () => {
    const data = 'm v=1\r\nm v=\n# note\nm s="a\nb",v=2\nm v=x\nm v=3'
    const type = { 'content-type': 'text/plain' }
    for (const [body, more] of [
      [data, {}],
      [gzipSync(data), { 'content-encoding': 'gzip' }],
    ] as const) {
      await db.query('truncate metric_log, dead_letter, idempotency_key')
      await send(body, { ...type, ...more, precision: 'ms' })
      expect(await values()).toHaveLength(3)
      expect(await letters()).toMatchObject([
        {
          reason: 'invalid',
          detail: expect.stringContaining('2 entries were rejected'),
          content_type: 'application/json',
        },
      ])
      const { message } = await letter()
      expect(message).toMatchObject({ attributes: { ...type, precision: 'ms' }, messageId: '17' })
      expect(message.attributes).not.toHaveProperty('content-encoding')
      expect(Buffer.from(message.data, 'base64').toString()).toBe('\nm v=\n\n\n\nm v=x\n')
    }
  })

  it('of lines of which a replay would store some has no other of them written again', async () => {
    await db.query('update tenant set series_limit = series_count + 1')
    await send('old v=1\nnew v=2\nold v=3', { 'content-type': 'text/plain' })
    const before = await storedPoints(db)
    expect(before.map(({ value }) => value)).toEqual([1, 3])
    await db.query('update tenant set series_limit = 1000')
    await db.query(
      'update metric_log set value = array(select v + 0.5 from unnest(value) with ordinality as o (v, i) order by i)',
    )
    const { message } = await letter()
    await send(Buffer.from(message.data, 'base64'), message.attributes)
    expect((await values()).toSorted((a, b) => a - b)).toEqual([1.5, 2, 3.5])
    const [, , added] = await storedPoints(db)
    // Near the publish time, as those of the first delivery.
    expect(Math.abs((added?.at ?? 0) - (before[0]?.at ?? 0))).toBeLessThan(10_000)
  })

  it('of another protocol of which some is refused has the rest stored, and is kept whole', async () => {
    const two = otlp(1)
    two.resourceMetrics.push(...otlp(1e200).resourceMetrics)
    await send(JSON.stringify(two))
    expect(await values()).toEqual([1])
    expect(await letters()).toMatchObject([
      { reason: 'invalid', detail: expect.stringContaining('1 entries were rejected') },
    ])
    expect(JSON.parse(Buffer.from((await letter()).message.data, 'base64').toString())).toEqual(two)
  })
})
