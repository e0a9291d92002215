// The checksums that Cloud Storage keeps of every object.
import { createHash } from 'node:crypto'

export interface Checksums {
  /** Base64 of the big-endian value, as the service writes it. */
  readonly crc32c: string
  readonly md5Hash: string
  readonly size: number
}

/** Reads the chunks once. */
export async function checksumsOf(chunks: AsyncIterable<Buffer>): Promise<Checksums> {
  const md5 = createHash('md5')
  let crc = 0
  let size = 0
  for await (const chunk of chunks) {
    crc = extendCrc32c(crc, chunk)
    md5.update(chunk)
    size += chunk.length
  }
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc)
  return { crc32c: bytes.toString('base64'), md5Hash: md5.digest('base64'), size }
}

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4; zlib has only the other polynomial. */
function extendCrc32c(crc: number, bytes: Buffer): number {
  let value = ~crc
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return ~value >>> 0
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})
