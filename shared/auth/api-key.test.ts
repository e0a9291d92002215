import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { createApiKey, idOfApiKey, nameOfChecksumKey, parseApiKey } from './api-key.ts'

const KEY = Buffer.alloc(32, 1)
const OTHER = Buffer.alloc(32, 2)
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-'

describe('an API key', () => {
  it('has the form pk_<id>_<secret><checksum>', () => {
    const { key, id } = createApiKey(randomBytes, KEY)
    expect(key).toMatch(/^pk_[0-9A-Za-z]{12}_[0-9A-Za-z]{54}$/)
    expect(key.slice(3, 15)).toBe(id)
  })

  it('is parsed into what the database holds', () => {
    const { key, id, secretSha256 } = createApiKey(randomBytes, KEY)
    expect(parseApiKey(key, [KEY])).toEqual({ id, secretSha256, proven: true })
    expect(secretSha256).toEqual(createHash('sha256').update(key.slice(16, 59)).digest())
  })

  it('has a fixed width whatever the bytes are', () => {
    for (const byte of [0, 1, 255]) {
      const { key, id } = createApiKey((count) => Buffer.alloc(count, byte), KEY)
      expect(key).toHaveLength(70)
      expect(parseApiKey(key, [KEY])?.id).toBe(id)
    }
  })

  it('uses all 32 bytes of its secret', () => {
    const keys = Array.from(
      { length: 32 },
      (_, at) => createApiKey((count) => Buffer.alloc(count, Buffer.alloc(32).fill(1, at, at + 1)), KEY).key,
    )
    expect(new Set(keys.map((key) => key.slice(16, 59))).size).toBe(32)
  })

  it('is refused with any one character changed', () => {
    const { key } = createApiKey(randomBytes, KEY)
    for (let at = 0; at < key.length; at++) {
      for (const other of ALPHABET) {
        if (other !== key[at]) expect(parseApiKey(key.slice(0, at) + other + key.slice(at + 1), [KEY])).toBeUndefined()
      }
    }
  })

  it('is refused with any two neighbours changed round', () => {
    const { key } = createApiKey(randomBytes, KEY)
    for (let at = 0; at + 1 < key.length; at++) {
      const changed = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2)
      if (changed !== key) expect(parseApiKey(changed, [KEY])).toBeUndefined()
    }
  })

  it.each(['', 'pk_', 'hello', 'pk_abcdefghijkl_', ' '.repeat(70), 'pk2_abcdefghijkl_'])('is not %j', (text) => {
    expect(parseApiKey(text, [KEY])).toBeUndefined()
  })

  it('is refused at any length but its own, without looking at it', () => {
    expect(parseApiKey(`pk_${'x'.repeat(6000)}`, [KEY])).toBeUndefined()
  })

  it('is refused cut short, with more behind it, and with white space around it', () => {
    const { key } = createApiKey(randomBytes, KEY)
    for (const text of [key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`])
      expect(parseApiKey(text, [KEY])).toBeUndefined()
  })
})

describe('a key of the second form', () => {
  it('is refused by whoever has another checksum key, or none', () => {
    const { key } = createApiKey(randomBytes, KEY)
    expect(parseApiKey(key, [OTHER])).toBeUndefined()
    expect(parseApiKey(key, [])).toBeUndefined()
  })

  it('is taken under either of two checksum keys while they are rotated', () => {
    const before = createApiKey(randomBytes, KEY)
    const after = createApiKey(randomBytes, OTHER)
    expect([before, after].map(({ key }) => parseApiKey(key, [OTHER, KEY])?.id)).toEqual([before.id, after.id])
  })

  it('cannot be made from the secret and the algorithm alone', () => {
    const { key, id } = firstFormKey()
    expect(parseApiKey(key, [])).toMatchObject({ id, proven: false })
    expect(parseApiKey(`${key}00000`, [KEY])).toBeUndefined()
  })

  it('names its id to those who cannot verify it', () => {
    const { key, id } = createApiKey(randomBytes, KEY)
    expect([idOfApiKey(key), idOfApiKey(firstFormKey().key), idOfApiKey('hello')]).toEqual([
      id,
      expect.any(String),
      undefined,
    ])
  })

  it('depends on a checksum key that has a name, which is not the key', () => {
    expect(nameOfChecksumKey(KEY)).toMatch(/^[0-9a-f]{8}$/)
    expect(nameOfChecksumKey(KEY)).not.toBe(nameOfChecksumKey(OTHER))
  })
})

describe('a key of the first form', () => {
  it('is taken as before, and proves nothing', () => {
    const { key, id, secretSha256 } = firstFormKey()
    expect(parseApiKey(key, [KEY])).toEqual({ id, secretSha256, proven: false })
    expect(parseApiKey(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, [KEY])).toBeUndefined()
  })
})
