import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createApiKey, parseApiKey } from './api-key.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-'

describe('an API key', () => {
  it('has the form pk_<id>_<secret><checksum>', () => {
    const { key, id } = createApiKey(randomBytes)
    expect(key).toMatch(/^pk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    expect(key.slice(3, 15)).toBe(id)
  })

  it('is parsed into what the database holds', () => {
    const { key, id, secretSha256 } = createApiKey(randomBytes)
    expect(parseApiKey(key)).toEqual({ id, secretSha256 })
    expect(secretSha256).toEqual(createHash('sha256').update(key.slice(16, 59)).digest())
  })

  it('has a fixed width whatever the bytes are', () => {
    for (const byte of [0, 1, 255]) {
      const { key, id } = createApiKey((count) => Buffer.alloc(count, byte))
      expect(key).toHaveLength(65)
      expect(parseApiKey(key)?.id).toBe(id)
    }
  })

  it('uses all 32 bytes of its secret', () => {
    const keys = Array.from(
      { length: 32 },
      (_, at) => createApiKey((count) => Buffer.alloc(count, Buffer.alloc(32).fill(1, at, at + 1))).key,
    )
    expect(new Set(keys.map((key) => key.slice(16, 59))).size).toBe(32)
  })

  it('is refused with any one character changed', () => {
    const { key } = createApiKey(randomBytes)
    for (let at = 0; at < key.length; at++) {
      for (const other of ALPHABET) {
        if (other !== key[at]) expect(parseApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined()
      }
    }
  })

  it('is refused with any two neighbours changed round', () => {
    const { key } = createApiKey(randomBytes)
    for (let at = 0; at + 1 < key.length; at++) {
      const changed = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2)
      if (changed !== key) expect(parseApiKey(changed)).toBeUndefined()
    }
  })

  it.each(['', 'pk_', 'hello', 'pk_abcdefghijkl_', ' '.repeat(65)])('is not %j', (text) => {
    expect(parseApiKey(text)).toBeUndefined()
  })

  it('is refused at any length but its own, without looking at it', () => {
    expect(parseApiKey(`pk_${'x'.repeat(6000)}`)).toBeUndefined()
  })

  it('is refused cut short, with more behind it, and with white space around it', () => {
    const { key } = createApiKey(randomBytes)
    for (const text of [key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`]) expect(parseApiKey(text)).toBeUndefined()
  })
})
