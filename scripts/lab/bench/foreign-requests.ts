// The batch of requests.ts in the form that agents send: the bodies of third-party protocols, made once, with gaps for instants.

export type ForeignProtocol = 'otlp' | 'remote-write' | 'line-protocol'

export interface ForeignBody {
  readonly path: string
  readonly headers: readonly string[]
  readonly bytes: Buffer
  /** The offsets of the instants, grouped by series. */
  readonly places: readonly number[]
  write(bytes: Buffer, place: number, ms: number): void
}

interface Series {
  readonly service: string
  readonly building: string
  readonly room: string
  readonly value: number
}

/** A body with points of several series, each with the same number of instants. */
export function foreignBody(protocol: ForeignProtocol, series: readonly Series[], instants: number): ForeignBody {
  switch (protocol) {
    case 'otlp':
      return {
        path: '/v1/metrics',
        headers: ['Content-Type: application/x-protobuf'],
        ...placed(Buffer.concat(series.map((one) => field(1, resourceMetrics(one, instants)))), 9, PLACE_64),
        write: (bytes, place, ms) => void bytes.writeBigUInt64LE(BigInt(ms) * 1_000_000n, place + 1),
      }
    case 'remote-write':
      return {
        path: '/api/v1/write',
        headers: ['Content-Type: application/x-protobuf', 'Content-Encoding: snappy'],
        ...placed(literals(series.map((one) => field(1, timeSeries(one, instants)))), 7, PLACE_VARINT),
        write: (bytes, place, ms) => varint(ms).copy(bytes, place + 1),
      }
    case 'line-protocol':
      return {
        path: '/api/v2/write?precision=ms',
        headers: ['Content-Type: text/plain'],
        ...placed(Buffer.from(series.map((one) => lines(one, instants)).join('')), PLACE_TEXT.length, PLACE_TEXT),
        write: (bytes, place, ms) => void bytes.write(String(ms), place, 'latin1'),
      }
  }
}

/** Field 3 with 64 bits, whose bytes occur in none of our texts. */
const PLACE_64 = Buffer.from([0x19, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe])
/** Field 2 with a varint of six bytes, which can hold milliseconds until 2109. */
const PLACE_VARINT = Buffer.from([0x10, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0x3e])
const PLACE_TEXT = Buffer.from('@'.repeat(13))

function placed(
  bytes: Buffer,
  step: number,
  place: Buffer,
): { readonly bytes: Buffer; readonly places: readonly number[] } {
  const places: number[] = []
  for (let at = bytes.indexOf(place); at >= 0; at = bytes.indexOf(place, at + step)) places.push(at)
  return { bytes, places }
}

const repeated = (count: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => one))

function resourceMetrics({ service, building, room, value }: Series, instants: number): Buffer {
  const resource = field(1, field(1, attribute('service.name', service)))
  const point = Buffer.concat([
    PLACE_64,
    Buffer.from([0x21]),
    double(value),
    field(7, attribute('building', building)),
    field(7, attribute('room', room)),
  ])
  const metric = Buffer.concat([text(1, 'temperature'), text(3, 'Cel'), field(5, repeated(instants, field(1, point)))])
  return Buffer.concat([resource, field(2, field(2, metric))])
}

const attribute = (key: string, value: string): Buffer => Buffer.concat([text(1, key), field(2, text(1, value))])

function timeSeries({ service, building, room, value }: Series, instants: number): Buffer {
  const labels = { __name__: 'temperature', building, job: service, room }
  const sample = Buffer.concat([Buffer.from([0x09]), double(value), PLACE_VARINT])
  return Buffer.concat([
    ...Object.entries(labels).map(([name, label]) => field(1, Buffer.concat([text(1, name), text(2, label)]))),
    repeated(instants, field(2, sample)),
  ])
}

/** Makes a snappy block of literals, one per series, so that instants can be written into it, and decompressing is one copy. */
export function literals(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const tagged = parts.flatMap((part) => {
    const tag = Buffer.from([61 << 2, 0, 0])
    tag.writeUInt16LE(part.length - 1, 1)
    return [tag, part]
  })
  return Buffer.concat([varint(length), ...tagged])
}

function lines({ service, building, room, value }: Series, instants: number): string {
  return `${service},building=${building},room=${room} temperature=${value} ${PLACE_TEXT.toString()}\n`.repeat(instants)
}

/** Encodes a field of bytes, such as an embedded message. */
export function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content])
}

/** Encodes a field of text. */
export const text = (number: number, content: string): Buffer => field(number, Buffer.from(content))

/** Encodes a number as eight bytes. */
export function double(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

/** Encodes a whole number that is not negative. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}
