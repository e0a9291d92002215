// Wrapping keys from a file, for a suite without Cloud KMS: on a laptop, and in tests.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { WrappingKeys } from './envelope.ts'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_WRAPPED = 1_024

/** The content of the file. The current key wraps; every key unwraps, so a key stays in the file as long as something is sealed with it. */
const KeyFile = z
  .strictObject({
    current: z.string().min(1).max(100),
    keys: z.record(
      z.string().min(1).max(100),
      z
        .string()
        .regex(/^[0-9a-fA-F]{64}$/)
        .transform((text) => Buffer.from(text, 'hex')),
    ),
  })
  .refine(({ current, keys }) => Object.hasOwn(keys, current))
type KeyFile = z.output<typeof KeyFile>

/** Opens the keys of a file, which is read with the first use, and again for an id that it did not have. */
export function fileKeys(path: string): WrappingKeys {
  let known: Promise<KeyFile> | undefined
  const read = async (): Promise<KeyFile> => {
    known ??= readKeys(path)
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
  const keyOf = async (id: string): Promise<Buffer> => {
    const found = (await read()).keys[id]
    if (found) return found
    known = undefined
    const after = (await read()).keys[id]
    if (after) return after
    throw new Error(`the file of keys has no key ${id}`)
  }
  return {
    async wrap(dataKey, context) {
      const { current, keys } = await read()
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, keys[current] as Buffer, nonce)
      cipher.setAAD(context)
      const encrypted = Buffer.concat([cipher.update(dataKey), cipher.final()])
      return { keyId: current, bytes: Buffer.concat([nonce, cipher.getAuthTag(), encrypted]) }
    },
    async unwrap({ keyId, bytes }, context) {
      const key = await keyOf(keyId)
      if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.length > MAX_WRAPPED)
        throw new Error('the wrapped key has a length that no wrapped key has')
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(context)
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    },
  }
}

async function readKeys(path: string): Promise<KeyFile> {
  const result = KeyFile.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (result.success) return result.data
  throw new Error(`${path} must be JSON: { "current": "NAME", "keys": { "NAME": "32 bytes in hexadecimal" } }`)
}
