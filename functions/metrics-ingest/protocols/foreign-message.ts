// Messages whose data is in an agent's format: the attribute `content-type` names the protocol.
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { malformed, Problem } from '@penstock/shared/base/problem.ts'
import { inPieces, type Pieces } from '@penstock/shared/base/unhurried.ts'
import { bodyBuffer } from '@penstock/shared/http/body-buffer.ts'
import { type PushMessage, parseJsonUnhurried } from '@penstock/shared/http/push-message.ts'
import { inflateSnappy, snappyLength } from '@penstock/shared/http/snappy.ts'
import type { DecodeContext, Decoded } from './collector.ts'
import { decodeLines, keepLines } from './line-protocol.ts'
import { readPrecision } from './line-values.ts'
import { decodeOtlpObject } from './otlp/json.ts'
import { decodeOtlpProtobuf } from './otlp/protobuf.ts'
import { decodeRemoteWrite } from './remote-write.ts'
import { checkRemoteWrite, messageOf } from './remote-write-reply.ts'

/** The data of a message in a third-party protocol. */
export interface ForeignData {
  /** Decodes the data. @throws {Problem} with a status below 500 for data that can never be decoded. */
  readonly decode: (context: DecodeContext) => Pieces<Decoded>
  /** Returns a message with only these entries, each at its index; absent for protocols that cannot be split. */
  readonly keep?: (context: DecodeContext, indexes: ReadonlySet<number>) => Promise<PushMessage>
}

/** Maximum bytes of the decompressed data, the same as over HTTP. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Returns the decoder for a message's data; undefined for our own JSON. Protocol Buffers are OTLP, or remote write when the type names
 * its message or the data is declared as snappy. Plain text is line protocol, with its precision in an attribute. JSON is OTLP if it has
 * that form.
 */
export async function foreignData(message: PushMessage): Promise<ForeignData | undefined> {
  const { attributes } = message
  const contentType = attributes['content-type']
  const encoding = attributes['content-encoding']?.trim().toLowerCase()
  try {
    return await dataOf(message, contentType, encoding)
  } catch (error) {
    return {
      decode() {
        throw error
      },
    }
  }
}

async function dataOf(
  message: PushMessage,
  contentType: string | undefined,
  encoding: string | undefined,
): Promise<ForeignData | undefined> {
  const { data } = message
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
      return await protobufData(data, contentType, encoding)
    case 'text/plain':
      return lineData(message, await inflate(data, encoding))
    default:
      return await otlpJsonData(data, encoding)
  }
}

async function protobufData(
  data: Buffer,
  contentType: string | undefined,
  encoding: string | undefined,
): Promise<ForeignData> {
  if (encoding !== 'snappy' && messageOf(contentType) === undefined) {
    const inflated = await inflate(data, encoding)
    return { decode: (context) => decodeOtlpProtobuf(context, inflated) }
  }
  checkRemoteWrite(contentType)
  const inflated = await inflate(data, 'snappy')
  return { decode: (context) => decodeRemoteWrite(context, inflated) }
}

function lineData(message: PushMessage, inflated: Buffer): ForeignData {
  const { ['content-encoding']: _, ...attributes } = message.attributes
  return {
    decode: (context) => decodeLines(context, inflated, readPrecision(attributes['precision'])),
    async keep(context, indexes) {
      const precision = readPrecision(attributes['precision'])
      return { ...message, attributes, data: await inPieces(keepLines(context, inflated, precision, indexes)) }
    },
  }
}

async function otlpJsonData(data: Buffer, encoding: string | undefined): Promise<ForeignData | undefined> {
  if (encoding === 'gzip') return await gzippedJson(data)
  // Checked first, so that our own JSON is not parsed twice.
  if (!data.includes('"resourceMetrics"')) return undefined
  const parsed = await parseJsonUnhurried(data)
  const isOtlp = typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, 'resourceMetrics')
  return isOtlp ? { decode: (context) => decodeOtlpObject(context, parsed) } : undefined
}

async function gzippedJson(data: Buffer): Promise<ForeignData> {
  const parsed = await parseJsonUnhurried(await inflate(data, 'gzip'))
  return { decode: (context) => decodeOtlpObject(context, parsed) }
}

/** Decompresses gzip in another thread and snappy in pieces. @throws {Problem} 400 or 413 for data that cannot be decompressed. */
async function inflate(data: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === 'snappy') {
    snappyLength(data, MAX_BYTES)
    return await inPieces(inflateSnappy(data))
  }
  if (encoding !== 'gzip') return data
  try {
    return await gunzipInPieces(data)
  } catch (error) {
    throw new Problem(malformed, 'The data is not valid gzip, or has more than 32 MiB when decompressed.', {
      cause: error,
    })
  }
}

/** Joins the parts as they come, because joining all of them at the end would hold the CPU for long. */
async function gunzipInPieces(data: Buffer): Promise<Buffer> {
  const inflated = bodyBuffer(MAX_BYTES)
  let size = 0
  const parts: AsyncIterable<Buffer> = Readable.from([data]).pipe(createGunzip({ chunkSize: 64 * 1024 }))
  for await (const part of parts) {
    size += part.length
    if (size > MAX_BYTES) throw new RangeError('too long')
    inflated.add(part)
  }
  return inflated.whole()
}
