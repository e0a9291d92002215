// API keys have the form `pk_<id>_<secret><checksum>`, in base62. The database stores the id and a SHA-256 of the secret. The checksum is
// keyed, so a key that was never issued is refused without the database. Keys of the first form, whose checksum is a CRC-32, stay valid:
// the length of the checksum distinguishes the two forms.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ChecksumKeys } from '../config/config.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
/** Length of 32 bytes in base62. */
const SECRET_LENGTH = 43
/** The first 64 bits of an HMAC-SHA-256. A made-up key passes once in 2^64 attempts, and then the database refuses it. */
const SEAL_BYTES = 8
const SEAL_LENGTH = 11
const CRC_LENGTH = 6
const PREFIX = 'pk_'
const FORM = /^pk_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6}|[0-9A-Za-z]{11})$/
const LONGEST = PREFIX.length + ID_LENGTH + 1 + SECRET_LENGTH + SEAL_LENGTH

export interface ParsedApiKey {
  readonly id: string
  /** SHA-256 of the secret's text, 32 bytes. */
  readonly secretSha256: Buffer
  /**
   * True when the checksum proves that this installation issued the key. False for the first form, whose checksum anybody can compute.
   */
  readonly proven: boolean
}

export interface NewApiKey {
  /** The whole key, for its holder; it is not stored. */
  readonly key: string
  readonly id: string
  readonly secretSha256: Buffer
  /** SHA-256 of the whole key, 32 bytes. */
  readonly wholeSha256: Buffer
}

/** A new key, with the name of the checksum key that it depends on. */
export interface IssuedApiKey extends NewApiKey {
  readonly checksumKey: string
}

/** Makes a key. Any process that has the checksum key can verify it without the database. */
export function createApiKey(randomBytes: (count: number) => Buffer, checksumKey: Buffer): NewApiKey {
  const id = base62(toNumber(randomBytes(16)) % 62n ** BigInt(ID_LENGTH), ID_LENGTH)
  const secret = base62(toNumber(randomBytes(32)), SECRET_LENGTH)
  const key = `${PREFIX}${id}_${secret}${sealOf(checksumKey, id, secret)}`
  return { key, id, secretSha256: sha256(secret), wholeSha256: sha256(key) }
}

/**
 * Parses a key; returns undefined when the text is not a key. This detects one wrong character, two swapped characters, and every key of
 * the second form that was not issued under one of these checksum keys.
 */
export function parseApiKey(text: string, checksumKeys: ChecksumKeys): ParsedApiKey | undefined {
  if (text.length > LONGEST) return undefined
  const [, id, secret, checksum] = FORM.exec(text) ?? []
  if (id === undefined || secret === undefined || checksum === undefined) return undefined
  const proven = checksum.length === SEAL_LENGTH
  const isRight = proven
    ? checksumKeys.some((key) => isSame(checksum, sealOf(key, id, secret)))
    : isSame(checksum, base62(BigInt(crc32(`pk_${id}_${secret}`)), CRC_LENGTH))
  return isRight ? { id, secretSha256: sha256(secret), proven } : undefined
}

/** Returns the id in a key's text, whether or not its checksum can be verified here. For commands that look up or revoke a key. */
export const idOfApiKey = (text: string): string | undefined => FORM.exec(text)?.[1]

/**
 * Returns the name of a checksum key: eight hexadecimal digits of its SHA-256. It is stored with each API key, so a rotation can list the
 * keys that depend on the old one.
 */
export const nameOfChecksumKey = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8)

const sealOf = (key: Buffer, id: string, secret: string): string =>
  base62(toNumber(createHmac('sha256', key).update(`${id}_${secret}`).digest().subarray(0, SEAL_BYTES)), SEAL_LENGTH)

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

function base62(value: bigint, width: number): string {
  let digits = ''
  for (let rest = value; digits.length < width; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits
  return digits
}
