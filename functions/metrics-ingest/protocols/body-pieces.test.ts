// No body is decoded in one piece: a piece ends after a bounded part of the body, or of the values of one data point.
import { Problem } from '@penstock/shared/base/problem.ts'
import { atOnce } from '@penstock/shared/base/unhurried.ts'
import { createSeriesMemories } from '@penstock/shared/points/series-memory.ts'
import { describe, expect, it } from 'vitest'
import { decodeContext, NOON_MS } from '../../../test/support/protocols/decode-context.ts'
import { encodeOtlp } from '../../../test/support/protocols/otlp-schema.ts'
import { decodeLines } from './line-protocol.ts'
import { decodeOtlpObject } from './otlp/json.ts'
import { decodeOtlpProtobuf } from './otlp/protobuf.ts'
import { MAX_WORK } from './protobuf-reader.ts'
import { decodeRemoteWrite } from './remote-write.ts'

const POINTS = 100_000
/** A piece is over when it has read 32 KiB; what it reads last may be as long again. */
const MAX_PIECE_BYTES = 64 * 1024
const MAX_PIECE_VALUES = 500

/** A memory that counts the series that a decoder asks for: a piece knows no more than its values. */
function counting() {
  const memory = createSeriesMemories().of(1)
  const asked = { inPiece: 0 }
  const context = {
    ...decodeContext(),
    memory: { ...memory, know: (name: Parameters<typeof memory.know>[0]) => (asked.inPiece++, memory.know(name)) },
  }
  return { context, asked }
}

/** Runs a decoder, and gives its pieces and the most new series of one. */
function piecesOf(
  decode: (context: ReturnType<typeof decodeContext>) => Generator<void, { points: { length: number } }>,
) {
  const { context, asked } = counting()
  const work = decode(context)
  let [pieces, most, points] = [0, 0, 0]
  for (let isDone = false; !isDone; pieces++) {
    asked.inPiece = 0
    const step = work.next()
    isDone = step.done === true
    if (step.done) points = step.value.points.length
    most = Math.max(most, asked.inPiece)
  }
  return { pieces, most, points }
}

const labels = 'x'.repeat(200)

describe('the largest body', () => {
  it('of lines is decoded in pieces, whether its series are known or not', () => {
    const text = Array.from({ length: POINTS }, (_, i) => `m,host=${i},l=${labels} v=${i} ${NOON_MS}\n`).join('')
    const body = Buffer.from(text)
    const { pieces, points } = piecesOf((context) => decodeLines(context, body, 'ms'))
    expect([points, pieces > body.length / MAX_PIECE_BYTES]).toEqual([POINTS, true])
    const known = Buffer.from(`m,host=1 v=1 ${NOON_MS}\n`.repeat(POINTS))
    expect(piecesOf((context) => decodeLines(context, known, 'ms')).pieces).toBeGreaterThan(
      known.length / MAX_PIECE_BYTES,
    )
  })

  it('of OTLP is decoded in pieces, in both encodings', () => {
    const dataPoints = Array.from({ length: POINTS / 2 }, (_, i) => ({
      attributes: [{ key: 'k', value: { stringValue: `${i}` } }],
      timeUnixNano: `${NOON_MS}000000`,
      asDouble: i,
    }))
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints } }] }] }] }
    const body = encodeOtlp(request)
    const binary = piecesOf((context) => decodeOtlpProtobuf(context, body))
    expect([binary.points, binary.pieces > body.length / MAX_PIECE_BYTES]).toEqual([POINTS / 2, true])
    const json = piecesOf((context) => decodeOtlpObject(context, request))
    expect([json.points, json.most <= MAX_PIECE_VALUES]).toEqual([POINTS / 2, true])
  })

  it('of OTLP with one histogram is decoded in pieces of its buckets', () => {
    const explicitBounds = Array.from({ length: 50_000 }, (_, i) => i)
    const bucketCounts = Array.from({ length: 50_001 }, () => '1')
    const point = { timeUnixNano: `${NOON_MS}000000`, count: '1', explicitBounds, bucketCounts }
    const request = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'h', histogram: { dataPoints: [point] } }] }] }],
    }
    const { most, points } = piecesOf((context) => decodeOtlpProtobuf(context, encodeOtlp(request)))
    expect([points, most <= MAX_PIECE_VALUES + 5]).toEqual([50_002, true])
  })

  it('of remote write is decoded in pieces, by series and by samples', () => {
    const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag]), varint(content.length), content])
    const label = (name: string, value: string) =>
      field(0x0a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(value))]))
    const sample = (i: number) =>
      field(0x12, Buffer.concat([Buffer.from([0x09]), Buffer.alloc(8), Buffer.from([0x10]), varint(NOON_MS + i)]))
    const series = (i: number, samples: readonly Buffer[]) =>
      field(0x0a, Buffer.concat([label('__name__', 'up'), label('host', String(i)), ...samples]))
    const many = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => series(i, [sample(i)])))
    const long = series(
      1,
      Array.from({ length: 50_000 }, (_, i) => sample(i)),
    )
    for (const body of [many, long])
      expect(piecesOf((context) => decodeRemoteWrite(context, body)).pieces).toBeGreaterThan(
        body.length / MAX_PIECE_BYTES,
      )
  })
})

/** Unknown fields of two bytes each. */
const FIELDS = 1_000_000
const unknown = Buffer.alloc(2 * FIELDS, Buffer.from([15 << 3, 1]))
/** The maximum work of one piece, and the work of a piece that a loop has begun. */
const MAX_PIECE_WORK = MAX_WORK + 16_384

describe('a million fields', () => {
  const one = (field: number, content: Buffer) =>
    Buffer.concat([Buffer.from([(field << 3) | 2]), varint(content.length), content])
  const point = Buffer.concat([Buffer.from([0x19]), Buffer.alloc(8, 1)])
  const metric = (data: Buffer) => one(1, one(2, one(2, Buffer.concat([one(1, Buffer.from('m')), one(5, data)]))))
  const group = Buffer.concat([Buffer.from([(15 << 3) | 3]), unknown, Buffer.from([(15 << 3) | 4])])
  const otlp: Readonly<Record<string, Buffer>> = {
    'at the top': unknown,
    'in a group': group,
    'in a resource': one(1, unknown),
    'in the attributes of a resource': one(1, one(1, unknown)),
    'in a scope': one(1, one(2, unknown)),
    'in a metric': one(1, one(2, one(2, unknown))),
    'in the data of a metric': metric(Buffer.concat([unknown, one(1, point)])),
    'in a data point': metric(one(1, Buffer.concat([point, unknown]))),
    'that are empty resources': Buffer.alloc(2 * FIELDS, Buffer.from([0x0a, 0])),
    'that are empty metrics': one(1, one(2, Buffer.alloc(2 * FIELDS, Buffer.from([0x12, 0])))),
    'that are empty data points': metric(Buffer.alloc(2 * FIELDS, Buffer.from([0x0a, 0]))),
    'that are empty attributes': metric(
      one(1, Buffer.concat([point, Buffer.alloc(2 * FIELDS, Buffer.from([0x3a, 0]))])),
    ),
  }
  const written: Readonly<Record<string, Buffer>> = {
    'at the top': unknown,
    'in a group': group,
    'in a series': one(1, unknown),
    'in a label': one(1, Buffer.concat([one(1, unknown), one(2, point)])),
    'in a sample': one(1, one(2, unknown)),
    'that are empty series': Buffer.alloc(2 * FIELDS, Buffer.from([0x0a, 0])),
    'that are empty labels': one(1, Buffer.concat([Buffer.alloc(2 * FIELDS, Buffer.from([0x0a, 0])), one(2, point)])),
  }
  const workOf = (decode: () => ReturnType<typeof piecesOf>): number => {
    try {
      return FIELDS / decode().pieces
    } catch (error) {
      if (error instanceof Problem && error.kind.status === 413) return 0
      throw error
    }
  }
  it.each(Object.keys(otlp))('%s of OTLP are read in pieces or refused', (place) => {
    const body = otlp[place] as Buffer
    expect(workOf(() => piecesOf((context) => decodeOtlpProtobuf(context, body)))).toBeLessThan(MAX_PIECE_WORK)
  })
  it.each(Object.keys(written))('%s of remote write are read in pieces or refused', (place) => {
    const body = written[place] as Buffer
    expect(workOf(() => piecesOf((context) => decodeRemoteWrite(context, body)))).toBeLessThan(MAX_PIECE_WORK)
  })
})

describe('a small body with much in it', () => {
  const attributes = (count: number, name: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => ({ key: name(i), value: { stringValue: `${i}` } }))
  const gauge = (own: object[]) => ({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'm',
                gauge: { dataPoints: [{ timeUnixNano: `${NOON_MS}000000`, asDouble: 1, attributes: own }] },
              },
            ],
          },
        ],
      },
    ],
  })
  const detailOf = (request: object, isJson: boolean): string | undefined =>
    atOnce(
      isJson ? decodeOtlpObject(decodeContext(), request) : decodeOtlpProtobuf(decodeContext(), encodeOtlp(request)),
    ).rejections[0]?.detail

  it.each([true, false])('has at most 1,024 attributes, and 16 values under one name (JSON: %s)', (isJson) => {
    expect(detailOf(gauge(attributes(1_025, (i) => `k${i}`)), isJson)).toBe(
      'labels of "m" must have at most 1024 names and, in lists and maps, 4096 values',
    )
    expect(detailOf(gauge(attributes(1_024, (i) => `k${i}`)), isJson)).not.toContain('names')
    expect(detailOf(gauge(attributes(17, () => 'k')), isJson)).toContain('at most 16 different values under one name')
    expect(detailOf(gauge(attributes(16, () => 'k')), isJson)).toBeUndefined()
    const list = { key: 'k', value: { arrayValue: { values: Array.from({ length: 40_000 }, () => ({})) } } }
    expect(detailOf(gauge([list]), isJson)).toContain('in lists and maps')
  })

  it.each([true, false])('repeats the labels of its resource in pieces (JSON: %s)', (isJson) => {
    const dataPoints = Array.from({ length: 1_000 }, (_, i) => ({
      timeUnixNano: `${NOON_MS}000000`,
      asDouble: 1,
      attributes: attributes(1, () => `p${i}`),
    }))
    const resource = { attributes: attributes(100, (i) => `label${i}`) }
    const request = {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints } }] }] }],
    }
    const { points, most } = piecesOf((context) =>
      isJson ? decodeOtlpObject(context, request) : decodeOtlpProtobuf(context, encodeOtlp(request)),
    )
    // Each of them has 101 labels, which are counted as 10,000 characters.
    expect([points, most <= 20]).toEqual([1_000, true])
  })

  it('has pieces by its work, which begins anew in each', () => {
    const point = { timeUnixNano: `${NOON_MS}000000`, count: '1', sum: 1, quantileValues: Array(5_000).fill({}) }
    const summary = { dataPoints: [point, { ...point, timeUnixNano: `${NOON_MS + 1}000000` }] }
    const body = encodeOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 's', summary }] }] }] })
    // Both together are more work than one message may be, and fewer bytes than a piece has.
    expect(body.length).toBeLessThan(32 * 1024)
    expect(atOnce(decodeOtlpProtobuf(decodeContext(), body)).points.length).toBe(10_004)
  })

  it('may not repeat its labels for a hundred thousand values', () => {
    const explicitBounds = Array.from({ length: 50_000 }, (_, i) => i)
    const bucketCounts = Array.from({ length: 50_001 }, () => '1')
    const own = attributes(300, (i) => `k${i}`)
    const point = { timeUnixNano: `${NOON_MS}000000`, count: '1', explicitBounds, bucketCounts, attributes: own }
    const request = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'h', histogram: { dataPoints: [point] } }] }] }],
    }
    expect(() => atOnce(decodeOtlpObject(decodeContext(), request))).toThrow('64 MiB')
  })

  it('has at most 1,024 labels of remote write', () => {
    const label = (i: number) => {
      const name = Buffer.from(`label${i}`)
      const pair = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x12, 1, 0x78])])
      return Buffer.concat([Buffer.from([0x0a, pair.length]), pair])
    }
    const named = Buffer.concat([
      Buffer.from([0x0a, 14, 0x0a, 8]),
      Buffer.from('__name__'),
      Buffer.from([0x12, 2]),
      Buffer.from('up'),
    ])
    const sample = Buffer.concat([Buffer.from([0x12, 16, 0x09]), Buffer.alloc(8), Buffer.from([0x10]), varint(NOON_MS)])
    const content = Buffer.concat([named, ...Array.from({ length: 3_000 }, (_, i) => label(i)), sample])
    const body = Buffer.concat([Buffer.from([0x0a]), varint(content.length), content])
    const { rejections } = atOnce(decodeRemoteWrite(decodeContext(), body))
    expect(rejections[0]?.detail).toContain('must have at most 1024 names')
  })
})

it('lines of only strings, and the fields of a long line, are handled in pieces', () => {
  const strings = (kind: string) => Array.from({ length: 50_000 }, (_, i) => `m${i} s=${kind} ${NOON_MS}\n`).join('')
  const piecesFor = (kind: string) =>
    piecesOf((context) => decodeLines(context, Buffer.from(strings(kind)), 'ms')).pieces
  expect(piecesFor('"x"') - piecesFor('xxx')).toBe(10)
  const fields = Array.from({ length: 10_000 }, (_, i) => `f${i}=1`).join(',')
  const { points, most } = piecesOf((context) => decodeLines(context, Buffer.from(`m ${fields}\n`), 'ms'))
  expect([points, most]).toEqual([10_000, 1_000])
})

it('a line, and a string in it, have a maximum length', () => {
  const refused = (text: string): string | undefined => {
    const { points, rejections } = atOnce(decodeLines(decodeContext(), Buffer.from(text), 'ms'))
    expect(points.length).toBe(1)
    return rejections[0]?.detail
  }
  expect(refused(`m a="${'x'.repeat(65_537)}",v=1\nm v=1\n`)).toContain('a string of more than 65536 bytes')
  expect(
    refused(`m ${Array.from({ length: 10 }, (_, i) => `f${i}${'x'.repeat(65_000)}=1`).join(',')}\nm v=1\n`),
  ).toContain('more than 524288 bytes')
  expect(refused(`m${' '.repeat(65_536)}v=1\nm v=1\n`)).toContain('a field without a name')
})

it('lines are read across the parts in which a body becomes text', () => {
  const long = 'x'.repeat(60_000)
  const text = Array.from({ length: 200 }, (_, i) => `m,host=${i} s="${long}\n",v=${i} ${NOON_MS}\n`).join('')
  const { points, rejections } = atOnce(decodeLines(decodeContext(), Buffer.from(text), 'ms'))
  expect([points.length, rejections.length, points.entry[199]]).toEqual([200, 0, 398])
})

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = BigInt(value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)])
}

it('a line with more than a series, or more fields, than InfluxDB has is refused at once', () => {
  const { points } = piecesOf((context) =>
    decodeLines(context, Buffer.from(`m,t=${'x'.repeat(70_000)} v=1\nm v=1\n`), 'ms'),
  )
  expect(points).toBe(1)
  const fields = Array.from({ length: 10_001 }, (_, i) => `f${i}=1`).join(',')
  expect(piecesOf((context) => decodeLines(context, Buffer.from(`m ${fields}\nm v=1\n`), 'ms')).points).toBe(1)
})
