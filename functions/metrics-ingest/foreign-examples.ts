// Valid bodies of third-party protocols, written by hand: the bytes that real agents send.
import type { ExampleChance, ExampleWorld } from '@penstock/shared/base/examples.ts'

/** A request of an OpenTelemetry exporter, as JSON. */
export function otlpJson({ monthMs, planted }: ExampleWorld, chance: ExampleChance) {
  const points = () => ({
    timeUnixNano: `${monthMs + chance.below(40_000) * 1_000}000000`,
    asDouble: chance.below(1_000) / 8,
    attributes: [attribute('room', String(chance.below(4))), attribute('token', planted)],
  })
  return {
    resourceMetrics: [
      {
        resource: { attributes: [attribute('service.name', `otlp-${chance.below(3)}`)] },
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
export function otlpProtobuf({ monthMs }: ExampleWorld, chance: ExampleChance): Buffer {
  const keyValue = (key: string, value: string) => Buffer.concat([text(1, key), field(2, text(1, value))])
  const point = Buffer.concat([
    fixed(3, BigInt(monthMs + chance.below(40_000) * 1_000) * 1_000_000n),
    double(4, chance.below(1_000) / 8),
    field(7, keyValue('room', String(chance.below(4)))),
  ])
  const metric = Buffer.concat([
    text(1, 'temperature'),
    text(3, 'Cel'),
    field(5, Buffer.concat([field(1, point), field(1, point)])),
  ])
  const resource = field(1, field(1, keyValue('service.name', `otlp-${chance.below(3)}`)))
  return field(1, Buffer.concat([resource, field(2, field(2, metric))]))
}

/** Line protocol as Telegraf writes it; times are in seconds. */
export function lines({ monthMs, planted }: ExampleWorld, chance: ExampleChance): Buffer {
  const line = () =>
    `boiler,room=${chance.below(4)},site=north\\ wing temperature=${chance.below(1_000) / 8},pressure=${chance.below(9)}i,token="${planted}" ${monthMs / 1_000 + chance.below(40_000)}`
  return Buffer.from(`# made by hand\n${Array.from({ length: 1 + chance.below(5) }, line).join('\n')}\n`)
}

/** A WriteRequest of Prometheus, inside a block of Snappy. */
export function remoteWrite({ monthMs }: ExampleWorld, chance: ExampleChance): Buffer {
  const label = (name: string, value: string) => field(1, Buffer.concat([text(1, name), text(2, value)]))
  const sample = () =>
    field(
      2,
      Buffer.concat([double(1, chance.below(1_000) / 8), varint(2, BigInt(monthMs + chance.below(40_000) * 1_000))]),
    )
  const series = Buffer.concat([
    label('__name__', 'node_temperature_celsius'),
    label('instance', `host-${chance.below(3)}`),
    label('job', 'node'),
    sample(),
    sample(),
  ])
  return snappyLiteral(field(1, series))
}

export const otlpTypes = {
  json: [['Content-Type', 'application/json']],
  protobuf: [['Content-Type', 'application/x-protobuf']],
} as const

export const remoteWriteHeaders = [
  ['Content-Type', 'application/x-protobuf'],
  ['Content-Encoding', 'snappy'],
  ['X-Prometheus-Remote-Write-Version', '0.1.0'],
] as const

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
