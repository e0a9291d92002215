// CRC-32C, the checksum that Cloud Storage has for every object. Computed here, because Google's implementation comes only with its whole
// client.

/** Castagnoli's polynomial, reflected: RFC 3720, section 12.1. */
const POLYNOMIAL = 0x82f63b78

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1
  return remainder
})

/**
 * Returns the checksum as a signed 32-bit integer. To continue over several pieces, pass the checksum of all earlier pieces as `before`.
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let remainder = ~before
  for (let i = 0; i < bytes.length; i++) {
    remainder = (TABLE[(remainder ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (remainder >>> 8)
  }
  return ~remainder
}

/** A checksum as Cloud Storage writes it: big-endian, base64. */
export function crc32cText(checksum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(checksum)
  return bytes.toString('base64')
}
