// Messages whose data is in an agent's format: the attribute `content-type` names the protocol.
import { gunzipSync } from 'node:zlib'
import { malformed, Problem } from '@penstock/shared/base/problem.ts'
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
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
  readonly keep?: (context: DecodeContext, indexes: ReadonlySet<number>) => PushMessage
}

/** Maximum bytes of the decompressed data, the same as over HTTP. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Returns the decoder for a message's data; undefined for our own JSON. Protocol Buffers are OTLP, or remote write when the type names
 * its message or the data is declared as snappy. Plain text is line protocol, with its precision in an attribute. JSON is OTLP if it has
 * that form.
 */
export async function foreignData(message: PushMessage): Promise<ForeignData | undefined> {
  const { attributes, data } = message
  const contentType = attributes['content-type']
  const encoding = attributes['content-encoding']?.trim().toLowerCase()
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
      if (encoding !== 'snappy' && messageOf(contentType) === undefined) {
        return { decode: (context) => decodeOtlpProtobuf(context, inflate(data, encoding)) }
      }
      return {
        decode(context) {
          checkRemoteWrite(contentType)
          return decodeRemoteWrite(context, inflate(data, 'snappy'))
        },
      }
    case 'text/plain':
      return lineData(message, encoding)
    default:
      return await otlpJsonData(data, encoding)
  }
}

function lineData(message: PushMessage, encoding: string | undefined): ForeignData {
  const { ['content-encoding']: _, ...attributes } = message.attributes
  return {
    decode: (context) => decodeLines(context, inflate(message.data, encoding), readPrecision(attributes['precision'])),
    keep(context, indexes) {
      const precision = readPrecision(attributes['precision'])
      return { ...message, attributes, data: keepLines(context, inflate(message.data, encoding), precision, indexes) }
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
  try {
    const parsed = await parseJsonUnhurried(inflate(data, 'gzip'))
    return { decode: (context) => decodeOtlpObject(context, parsed) }
  } catch (error) {
    return {
      decode() {
        throw error
      },
    }
  }
}

function inflate(data: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'snappy') {
    snappyLength(data, MAX_BYTES)
    return inflateSnappy(data)
  }
  if (encoding !== 'gzip') return data
  try {
    return gunzipSync(data, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    throw new Problem(malformed, 'The data is not valid gzip, or has more than 32 MiB when decompressed.', {
      cause: error,
    })
  }
}
