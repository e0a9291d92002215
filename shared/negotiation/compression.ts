// Compressed answers, for clients that ask for them.
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { type Coding, preferredCoding } from './accept.ts'

/** A smaller body fits into one packet anyway. */
const LEAST_BYTES = 1_400
/** Above it each further level costs more time than it saves on a line of 100 Mbit/s. */
const GZIP_LEVEL = 4

const gzip = promisify(zlib.gzip)

/** Node 22.15 and later have it. */
const zstd = 'zstdCompress' in zlib ? promisify(zlib.zstdCompress) : undefined

const offered: readonly Coding[] = zstd ? ['zstd', 'gzip'] : ['gzip']

export interface Compressible {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

export interface Compressed {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The answer in the coding that the client prefers; undefined when it is sent as it is: nothing was asked for, or it is small, or of a
 * type that is compressed already. One with a strong ETag stays, because `If-Match` needs the ETag as it is.
 */
export async function compress(
  answer: Compressible,
  acceptEncoding: string | undefined,
): Promise<Compressed | undefined> {
  const { body, headers } = answer
  if (!body || !isCompressible(answer)) return undefined
  const coding = preferredCoding(acceptEncoding, offered)
  if (coding === undefined) return undefined
  const small = coding === 'zstd' && zstd ? await zstd(body) : await gzip(body, { level: GZIP_LEVEL })
  if (small.length >= body.length) return undefined
  return {
    body: small,
    headers: { ...headers, 'content-encoding': coding, 'content-length': String(small.length) },
  }
}

/** True when an answer depends on `Accept-Encoding`. */
export function isCompressible({ body, headers }: Compressible): boolean {
  if (!body || body.length < LEAST_BYTES || headers['content-encoding'] !== undefined) return false
  const { etag, 'content-type': type = '' } = headers
  return (etag === undefined || etag.startsWith('W/')) && /^text\/|[/+]json\b|arrow\.stream|javascript|svg/.test(type)
}
