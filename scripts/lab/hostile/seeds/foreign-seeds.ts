// Valid requests of third-party protocols, written by hand: the bytes that real agents send.

import type { Random } from '../../random.ts'
import type { Pairs } from '../mutations/draft.ts'
import { PLANTED, type World } from '../world.ts'

/** A request of an OpenTelemetry exporter, as JSON. */
export function otlpJson({ monthMs }: World, random: Random) {
  const points = () => ({
    timeUnixNano: `${monthMs + random.below(40_000) * 1_000}000000`,
    asDouble: random.below(1_000) / 8,
    attributes: [attribute('room', String(random.below(4))), attribute('token', PLANTED)],
  })
  return {
    resourceMetrics: [
      {
        resource: { attributes: [attribute('service.name', `otlp-${random.below(3)}`)] },
        scopeMetrics: [
          {
            scope: { name: 'boilers' },
            metrics: [
              { name: 'temperature', unit: 'Cel', gauge: { dataPoints: [points(), points()] } },
              {
                name: 'energy',
                unit: 'J',
                sum: { dataPoints: [points()], aggregationTemporality: 2, isMonotonic: true },
              },
              { name: 'delay', unit: 's', histogram: { dataPoints: [histogram(monthMs)], aggregationTemporality: 2 } },
            ],
          },
        ],
      },
    ],
  }
}

/** The same as Protocol Buffers: one gauge. */
export function otlpProtobuf({ monthMs }: World, random: Random): Buffer {
  const keyValue = (key: string, value: string) => Buffer.concat([text(1, key), field(2, text(1, value))])
  const point = Buffer.concat([
    fixed(3, BigInt(monthMs + random.below(40_000) * 1_000) * 1_000_000n),
    double(4, random.below(1_000) / 8),
    field(7, keyValue('room', String(random.below(4)))),
  ])
  const metric = Buffer.concat([
    text(1, 'temperature'),
    text(3, 'Cel'),
    field(5, Buffer.concat([field(1, point), field(1, point)])),
  ])
  const resource = field(1, field(1, keyValue('service.name', `otlp-${random.below(3)}`)))
  return field(1, Buffer.concat([resource, field(2, field(2, metric))]))
}

/** Line protocol as Telegraf writes it; times are in seconds. */
export function lines({ monthMs }: World, random: Random): Buffer {
  const line = () =>
    `boiler,room=${random.below(4)},site=north\\ wing temperature=${random.below(1_000) / 8},pressure=${random.below(9)}i,token="${PLANTED}" ${monthMs / 1_000 + random.below(40_000)}`
  return Buffer.from(`# made by hand\n${Array.from({ length: 1 + random.below(5) }, line).join('\n')}\n`)
}

/** A WriteRequest of Prometheus, inside a block of Snappy. */
export function remoteWrite({ monthMs }: World, random: Random): Buffer {
  const label = (name: string, value: string) => field(1, Buffer.concat([text(1, name), text(2, value)]))
  const sample = () =>
    field(
      2,
      Buffer.concat([double(1, random.below(1_000) / 8), varint(2, BigInt(monthMs + random.below(40_000) * 1_000))]),
    )
  const series = Buffer.concat([
    label('__name__', 'node_temperature_celsius'),
    label('instance', `host-${random.below(3)}`),
    label('job', 'node'),
    sample(),
    sample(),
  ])
  return snappyLiteral(field(1, series))
}

export const otlpTypes = {
  json: [['Content-Type', 'application/json']],
  protobuf: [['Content-Type', 'application/x-protobuf']],
} as const satisfies Record<string, Pairs>

export const remoteWriteHeaders: Pairs = [
  ['Content-Type', 'application/x-protobuf'],
  ['Content-Encoding', 'snappy'],
  ['X-Prometheus-Remote-Write-Version', '0.1.0'],
]

const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })

const histogram = (monthMs: number) => ({
  timeUnixNano: `${monthMs}000000`,
  count: '3',
  sum: 4.5,
  bucketCounts: ['1', '2', '0'],
  explicitBounds: [1, 10],
})

const varints = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varints(value >> 7n)]

const tag = (number: number, wireType: number): Buffer => Buffer.from(varints(BigInt((number << 3) | wireType)))

const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([tag(number, 2), Buffer.from(varints(BigInt(content.length))), content])

const text = (number: number, content: string): Buffer => field(number, Buffer.from(content))

const varint = (number: number, value: bigint): Buffer => Buffer.concat([tag(number, 0), Buffer.from(varints(value))])

function fixed(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([tag(number, 1), bytes])
}

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(number, 1), bytes])
}

/** Makes a block of one literal, up to 64 KiB, without compression. */
function snappyLiteral(content: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16LE(content.length - 1)
  return Buffer.concat([Buffer.from(varints(BigInt(content.length))), Buffer.from([61 << 2]), length, content])
}
