// Messages whose data is what an agent would post: the attribute `content-type` says in which protocol.
import { gunzipSync } from 'node:zlib'
import { malformed, Problem } from '@penstock/shared/problem.ts'
import { type PushMessage, parseJson } from '@penstock/shared/push-message.ts'
import { inflateSnappy, snappyLength } from '@penstock/shared/snappy.ts'
import type { DecodeContext, Decoded } from './protocols/collector.ts'
import { decodeLines } from './protocols/line-protocol.ts'
import { readPrecision } from './protocols/line-values.ts'
import { decodeOtlpObject } from './protocols/otlp-json.ts'
import { decodeOtlpProtobuf } from './protocols/otlp-protobuf.ts'
import { decodeRemoteWrite } from './protocols/remote-write.ts'
import { checkRemoteWrite, messageOf } from './protocols/remote-write-reply.ts'

type Decode = (context: DecodeContext) => Decoded

/** Of the data, inflated: as over HTTP. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * The decoder of a message's data; undefined for our own JSON. Protocol Buffers are OTLP, or remote write where the type names its
 * message or the data is said to be snappy; plain text is line protocol, its precision an attribute; JSON is OTLP by its shape.
 * The decoder throws {Problem} of a status below 500 for what can never be decoded.
 */
export function foreignDecoder({ attributes, data }: PushMessage): Decode | undefined {
  const contentType = attributes['content-type']
  const encoding = attributes['content-encoding']?.trim().toLowerCase()
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
      if (encoding !== 'snappy' && messageOf(contentType) === undefined) {
        return (context) => decodeOtlpProtobuf(context, inflate(data, encoding))
      }
      return (context) => {
        checkRemoteWrite(contentType)
        return decodeRemoteWrite(context, inflate(data, 'snappy'))
      }
    case 'text/plain':
      return (context) => decodeLines(context, inflate(data, encoding), readPrecision(attributes['precision']))
    default:
      return otlpJsonDecoder(data, encoding)
  }
}

function otlpJsonDecoder(data: Buffer, encoding: string | undefined): Decode | undefined {
  if (encoding === 'gzip') return (context) => decodeOtlpObject(context, parseJson(inflate(data, encoding)))
  // Looked for first, so that our own JSON is not parsed twice.
  if (!data.includes('"resourceMetrics"')) return undefined
  const parsed = parseJson(data)
  const isOtlp = typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, 'resourceMetrics')
  return isOtlp ? (context) => decodeOtlpObject(context, parsed) : undefined
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
    throw new Problem(malformed, 'The data is no valid gzip, or has more than 32 MiB inflated.', { cause: error })
  }
}
