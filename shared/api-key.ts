// API keys: `pk_<id>_<secret><checksum>`, in base62. The database holds the id and a SHA-256 of the secret.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
/** Of 32 bytes in base62. */
const SECRET_LENGTH = 43
/** Of a CRC32 in base62. */
const CHECKSUM_LENGTH = 6
const KEY_LENGTH = 'pk_'.length + ID_LENGTH + '_'.length + SECRET_LENGTH + CHECKSUM_LENGTH
const FORM = /^pk_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}$/

export interface ParsedApiKey {
  readonly id: string
  /** 32 bytes, of the secret's text. */
  readonly secretSha256: Buffer
}

/** A new key: `key` is for its holder and is kept nowhere, the rest is for the database. */
export function createApiKey(randomBytes: (count: number) => Buffer): ParsedApiKey & { readonly key: string } {
  const id = base62(toNumber(randomBytes(16)) % 62n ** BigInt(ID_LENGTH), ID_LENGTH)
  const secret = base62(toNumber(randomBytes(32)), SECRET_LENGTH)
  const unchecked = `pk_${id}_${secret}`
  return { key: unchecked + checksumOf(unchecked), id, secretSha256: sha256(secret) }
}

/** What a text says of a key; undefined when it is none. One wrong character, or two that changed places, are found here. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  if (text.length !== KEY_LENGTH) return undefined
  const parts = FORM.exec(text)
  const [, id, secret] = parts ?? []
  if (id === undefined || secret === undefined) return undefined
  if (checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return undefined
  return { id, secretSha256: sha256(secret) }
}

const checksumOf = (text: string): string => base62(BigInt(crc32(text)), CHECKSUM_LENGTH)

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

function base62(value: bigint, width: number): string {
  let digits = ''
  for (let rest = value; digits.length < width; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits
  return digits
}
