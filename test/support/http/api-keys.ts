// Makes API keys for tests.

import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ParsedApiKey } from '@penstock/shared/auth/api-key.ts'
import { parseApiKey } from '@penstock/shared/auth/api-key.ts'

/** The checksum key of every function and command that a test starts. */
export const checksumKey = Buffer.alloc(32, 7)

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Makes a key of the first form, as earlier releases did: `pk_…` with a CRC-32, which anybody can compute. */
export function firstFormKey(): { readonly key: string } & Omit<ParsedApiKey, 'proven'> {
  const digits = (count: number): string =>
    Array.from(randomBytes(count), (byte) => DIGITS.charAt(byte % DIGITS.length)).join('')
  const id = digits(12)
  const secret = digits(43)
  const unsealed = `pk_${id}_${secret}`
  let checksum = ''
  for (let rest = crc32(unsealed); checksum.length < 6; rest = Math.floor(rest / 62))
    checksum = DIGITS.charAt(rest % 62) + checksum
  const key = unsealed + checksum
  if (!parseApiKey(key, [])) throw new Error('this is no key of the first form')
  return { key, id, secretSha256: createHash('sha256').update(secret).digest() }
}
