// The checksums that Cloud Storage has for every object.
import { createHash } from 'node:crypto'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'

export interface Checksums {
  /** Base64 of the big-endian value, as the service writes it. */
  readonly crc32c: string
  readonly md5Hash: string
  readonly size: number
}

/** Computes the checksums in one pass over the chunks. */
export async function checksumsOf(chunks: AsyncIterable<Buffer>): Promise<Checksums> {
  const md5 = createHash('md5')
  let checksum = 0
  let size = 0
  for await (const chunk of chunks) {
    checksum = crc32c(chunk, checksum)
    md5.update(chunk)
    size += chunk.length
  }
  return { crc32c: crc32cText(checksum), md5Hash: md5.digest('base64'), size }
}
