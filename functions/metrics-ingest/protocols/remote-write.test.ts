import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import {
  decodeAtOnce,
  decodeContext,
  fuzzRounds,
  mutated,
  NOON_MS,
  randomFrom,
  statusOf,
} from '../../../test/support/protocols/decode-context.ts'
import { decodeRemoteWrite } from './remote-write.ts'
import { checkRemoteWrite } from './remote-write-reply.ts'

const WriteRequest = protobuf
  .parse(`
    syntax = "proto3";
    message WriteRequest { repeated TimeSeries timeseries = 1; repeated Metadata metadata = 3; }
    message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
    message Label { string name = 1; string value = 2; }
    message Sample { double value = 1; int64 timestamp = 2; }
    message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
    message Histogram { double sum = 3; }
    message Metadata { int32 type = 1; string metric_family_name = 2; string help = 4; }
  `)
  .root.lookupType('WriteRequest')

interface Sample {
  readonly value: number
  readonly timestamp: number
}
interface TimeSeries {
  readonly labels: readonly (readonly [string, string])[]
  readonly samples: readonly Sample[]
  readonly histograms?: readonly object[]
}

const encode = (timeseries: readonly TimeSeries[], more: object = {}): Buffer =>
  Buffer.from(
    WriteRequest.encode(
      WriteRequest.fromObject({
        timeseries: timeseries.map((one) => ({ ...one, labels: one.labels.map(([name, value]) => ({ name, value })) })),
        ...more,
      }),
    ).finish(),
  )
const decode = (body: Buffer) => decodeAtOnce(decodeRemoteWrite(decodeContext(), body))
const up = (labels: readonly (readonly [string, string])[], ...values: number[]): TimeSeries => ({
  labels: [['__name__', 'up'], ...labels],
  samples: values.map((value, i) => ({ value, timestamp: NOON_MS + i })),
})

describe('a sample', () => {
  it('is a point of the series that its labels name', () => {
    expect(
      decode(
        encode([
          up(
            [
              ['instance', 'ä:1'],
              ['job', 'node'],
            ],
            1,
            0,
          ),
        ]),
      ).points,
    ).toEqual([
      { index: 0, service: 'node', type: 'up', unit: '1', labels: '{"instance":"ä:1"}', at: NOON_MS * 1000, value: 1 },
      {
        index: 1,
        service: 'node',
        type: 'up',
        unit: '1',
        labels: '{"instance":"ä:1"}',
        at: NOON_MS * 1000 + 1000,
        value: 0,
      },
    ])
  })

  it('without a job, or with an empty one, is of prometheus', () => {
    const { points } = decode(encode([up([], 1), up([['job', '']], 2), up([['empty', '']], 3)]))
    expect(points.map(({ service, labels }) => [service, labels])).toEqual(Array(3).fill(['prometheus', '{}']))
  })

  it('that is not finite is ignored, a stale marker too', () => {
    const body = encode([up([], 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN)])
    expect(decode(body)).toMatchObject({ points: [{ value: 1 }], rejections: [], ignored: 3 })
    const stale = Buffer.from(encode([up([], 12_345)]))
    const bits = Buffer.alloc(8)
    bits.writeDoubleLE(12_345)
    stale.writeBigUInt64LE(0x7ff0000000000002n, stale.indexOf(bits))
    expect(decode(stale)).toMatchObject({ points: [], rejections: [], ignored: 1 })
  })

  it.each([
    [
      'without a name',
      { labels: [['job', 'j']], samples: [{ value: 1, timestamp: NOON_MS }] },
      'metric name must not be empty',
    ],
    [
      'with a label twice',
      up(
        [
          ['a', '1'],
          ['a', '2'],
        ],
        1,
      ),
      'label "a" must be given once',
    ],
    ['of 1970', { ...up([]), samples: [{ value: 1, timestamp: 0 }] }, 'must not be before 2010'],
    ['of 1970, and before', { ...up([]), samples: [{ value: 1, timestamp: -1 }] }, 'must not be before 2010'],
    ['days ahead', { ...up([]), samples: [{ value: 1, timestamp: NOON_MS + 172_800_000 }] }, '24 hours ahead'],
    ['of a native histogram', { ...up([]), histograms: [{ sum: 1 }] }, 'is a native histogram'],
  ] as [string, TimeSeries, string][])('%s is refused by itself', (_, series, detail) => {
    const { points, rejections } = decode(encode([up([], 1), series, up([['x', 'y']], 2)]))
    expect(points.map(({ index, value }) => [index, value])).toEqual([
      [0, 1],
      [2, 2],
    ])
    expect(rejections).toMatchObject([{ index: 1, detail: expect.stringContaining(detail) }])
  })
})

it('metadata without series is nothing', () => {
  const body = encode([], { metadata: [{ type: 1, metricFamilyName: 'up', help: 'Is it up?' }] })
  expect(body.length).toBeGreaterThan(10)
  expect(decode(body)).toEqual({ points: [], rejections: [], ignored: 0 })
})

it('a request holds 100,000 samples at most', () => {
  const samples = (count: number) => [
    { ...up([]), samples: Array.from({ length: count }, (_, i) => ({ value: i, timestamp: NOON_MS })) },
  ]
  expect(statusOf(() => decode(encode(samples(100_000))))).toBe(200)
  expect(statusOf(() => decode(encode(samples(100_001))))).toBe(413)
})

it.each([
  [undefined, 200],
  ['application/x-protobuf', 200],
  ['application/x-protobuf;proto=prometheus.WriteRequest', 200],
  ['application/x-protobuf; Proto="prometheus.WriteRequest"; q=1', 200],
  ['application/x-protobuf;proto=io.prometheus.write.v2.Request', 415],
])('the type %s is answered %i', (type, status) => {
  expect(statusOf(() => checkRemoteWrite(type))).toBe(status)
})

const labels = fc.dictionary(
  fc.constantFrom('job', 'instance', 'ä', '__proto__', 'le'),
  fc.string({ minLength: 1, unit: 'grapheme', maxLength: 6 }),
)
const request = fc.array(
  fc.record({
    labels: labels.map((object) => Object.entries({ ...object, __name__: 'm' })),
    samples: fc.array(
      fc.record({
        value: fc.double({ min: -1e150, max: 1e150, noNaN: true }),
        timestamp: fc.integer({ min: NOON_MS - 1e9, max: NOON_MS }),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 5 },
)

it('random requests are read as a generated decoder reads them', () => {
  fc.assert(
    fc.property(request, (timeseries) => {
      const body = encode(timeseries)
      const read = WriteRequest.toObject(WriteRequest.decode(body), {
        longs: Number,
        arrays: true,
        defaults: true,
      }) as {
        readonly timeseries: readonly {
          readonly labels: readonly { name: string; value: string }[]
          readonly samples: readonly Sample[]
        }[]
      }
      const expected = read.timeseries.flatMap((series) => {
        const all = new Map(series.labels.map(({ name, value }) => [name, value]))
        const own = Object.fromEntries([...all].filter(([name]) => !['job', '__name__'].includes(name)))
        return series.samples.map(({ value, timestamp }) => [
          all.get('job') ?? 'prometheus',
          own,
          timestamp * 1000,
          value + 0,
        ])
      })
      const { points } = decode(body)
      expect(points.map((point) => [point.service, JSON.parse(point.labels), point.at, point.value])).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

it('mutated requests are decoded or refused, never more', () => {
  const random = randomFrom(5)
  const seeds = fc.sample(request, { numRuns: 30, seed: 1 }).map((one) => encode(one))
  for (let round = 0; round < fuzzRounds; round++) {
    const body = mutated(seeds[round % seeds.length] ?? Buffer.alloc(0), random)
    expect([200, 400, 413]).toContain(statusOf(() => decode(body)))
  }
})
