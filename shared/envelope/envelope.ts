// Encrypts short secrets for storage. Each value has a data key of its own, which a wrapping key of Cloud KMS or of a file encrypts.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/time.ts'

/** Encrypts and decrypts data keys. `context` is authenticated, not stored: the same one has to be given to decrypt. */
export interface WrappingKeys {
  wrap(dataKey: Buffer, context: Buffer): Promise<WrappedKey>
  /** Decrypts a data key. @throws {Error} for an unknown key, another context, and changed bytes. */
  unwrap(key: WrappedKey, context: Buffer): Promise<Buffer>
}

export interface WrappedKey {
  /** Names the wrapping key and its version. */
  readonly keyId: string
  readonly bytes: Buffer
}

/** Seals texts. A sealed text can be opened only with the context that it was sealed with, so a row cannot take another row's secret. */
export interface SecretEnvelope {
  seal(text: string, context: string): Promise<Buffer>
  /** Returns the text. @throws {Error} for another context, changed bytes, and a wrapping key that is not available. */
  open(sealed: Uint8Array, context: string): Promise<string>
}

export interface EnvelopeDeps {
  readonly keys: WrappingKeys
  readonly now: Clock
}

const VERSION = 1
const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Data keys that an instance caches, and for how long: a disabled wrapping key has no effect before that. */
const CACHED_KEYS = 1_000
const CACHED_MS = 5 * 60_000

/**
 * Makes an envelope. Sealed bytes are: the version (1 byte), the id of the wrapping key and the wrapped data key, each after its length
 * (2 bytes), the nonce (12 bytes), the tag (16 bytes), and the encrypted text.
 */
export function createEnvelope({ keys, now }: EnvelopeDeps): SecretEnvelope {
  const cached = new LRUCache<string, { readonly key: Buffer; readonly at: number }>({ max: CACHED_KEYS })
  const unwrap = async (wrapped: WrappedKey, context: Buffer): Promise<Buffer> => {
    const name = `${wrapped.bytes.toString('base64')} ${context.toString()}`
    const known = cached.get(name)
    if (known && now() - known.at < CACHED_MS) return known.key
    const key = await keys.unwrap(wrapped, context)
    cached.set(name, { key, at: now() })
    return key
  }
  return {
    async seal(text, context) {
      const bound = Buffer.from(context)
      const key = randomBytes(KEY_BYTES)
      const header = headerOf(await keys.wrap(key, bound))
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce)
      cipher.setAAD(Buffer.concat([header, bound]))
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([header, nonce, cipher.getAuthTag(), encrypted])
    },
    async open(sealed, context) {
      const bound = Buffer.from(context)
      const { header, wrapped, nonce, tag, encrypted } = partsOf(Buffer.from(sealed))
      const decipher = createDecipheriv(ALGORITHM, await unwrap(wrapped, bound), nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.concat([header, bound]))
      decipher.setAuthTag(tag)
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString('utf8')
    },
  }
}

function headerOf({ keyId, bytes }: WrappedKey): Buffer {
  const id = Buffer.from(keyId)
  const header = Buffer.alloc(1 + 2 + id.length + 2 + bytes.length)
  header.writeUInt8(VERSION)
  header.writeUInt16BE(id.length, 1)
  id.copy(header, 3)
  header.writeUInt16BE(bytes.length, 3 + id.length)
  bytes.copy(header, 5 + id.length)
  return header
}

function partsOf(sealed: Buffer) {
  const isReadable = sealed.length >= 3 && sealed.readUInt8() === VERSION
  const idEnd = isReadable ? 3 + sealed.readUInt16BE(1) : 0
  const keyEnd = isReadable && sealed.length >= idEnd + 2 ? idEnd + 2 + sealed.readUInt16BE(idEnd) : 0
  if (keyEnd === 0 || sealed.length < keyEnd + NONCE_BYTES + TAG_BYTES)
    throw new Error('the bytes are not a sealed text of a known version')
  const textStart = keyEnd + NONCE_BYTES + TAG_BYTES
  return {
    header: sealed.subarray(0, keyEnd),
    wrapped: { keyId: sealed.toString('utf8', 3, idEnd), bytes: sealed.subarray(idEnd + 2, keyEnd) },
    nonce: sealed.subarray(keyEnd, keyEnd + NONCE_BYTES),
    tag: sealed.subarray(keyEnd + NONCE_BYTES, textStart),
    encrypted: sealed.subarray(textStart),
  }
}
