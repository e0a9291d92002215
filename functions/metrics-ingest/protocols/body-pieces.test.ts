// No body is decoded in one piece: a piece ends after a bounded part of the body, or of the values of one data point.
import { createSeriesMemories } from '@penstock/shared/points/series-memory.ts'
import { describe, expect, it } from 'vitest'
import { decodeContext, NOON_MS } from '../../../test/support/protocols/decode-context.ts'
import { encodeOtlp } from '../../../test/support/protocols/otlp-schema.ts'
import { decodeLines } from './line-protocol.ts'
import { decodeOtlpObject } from './otlp/json.ts'
import { decodeOtlpProtobuf } from './otlp/protobuf.ts'
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
