import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEnvelope, type WrappingKeys } from './envelope.ts'
import { fileKeys } from './file-keys.ts'

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-keys-'))
  path = join(folder, 'keys.json')
  await store({ current: 'a', keys: { a: 'ab'.repeat(32) } })
})
afterAll(async () => await rm(folder, { recursive: true }))

const store = async (content: unknown) => await writeFile(path, JSON.stringify(content))
const open = (keys: WrappingKeys = fileKeys(path), now = () => 0) => createEnvelope({ keys, now })
const CONTEXT = 'tenant 1, channel 2'

describe('a sealed text', () => {
  it('is opened with its context, by another instance too', async () => {
    const sealed = await open().seal('https://example.com/ä', CONTEXT)
    expect(sealed.toString('latin1')).not.toMatch(/example/)
    expect(await open().open(sealed, CONTEXT)).toBe('https://example.com/ä')
  })

  it('is another one each time', async () => {
    const envelope = open()
    expect(await envelope.seal('a', CONTEXT)).not.toEqual(await envelope.seal('a', CONTEXT))
  })

  it('is not opened with another context, which would be that of another row', async () => {
    const envelope = open()
    const sealed = await envelope.seal('a', CONTEXT)
    await envelope.open(sealed, CONTEXT)
    await expect(envelope.open(sealed, `${CONTEXT}0`)).rejects.toThrow()
  })

  it('is not opened when any bit of it was changed', async () => {
    const sealed = await open().seal('a', CONTEXT)
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed)
      changed[i] = (changed[i] ?? 0) ^ 1
      await expect(open().open(changed, CONTEXT), `byte ${i}`).rejects.toThrow()
    }
    for (const bytes of [Buffer.alloc(0), sealed.subarray(0, -1), randomBytes(200)])
      await expect(open().open(bytes, CONTEXT)).rejects.toThrow()
  })

  it('stays readable while its key is in the file, also after a rotation that the instance did not see', async () => {
    const before = open()
    const old = await before.seal('old', CONTEXT)
    await store({ current: 'b', keys: { a: 'ab'.repeat(32), b: 'cd'.repeat(32) } })
    const fresh = await open().seal('new', CONTEXT)
    expect(await before.open(fresh, CONTEXT)).toBe('new')
    await store({ current: 'b', keys: { b: 'cd'.repeat(32) } })
    await expect(open().open(old, CONTEXT)).rejects.toThrow('the file of keys has no key a')
    await store({ current: 'a', keys: { a: 'ab'.repeat(32) } })
  })

  it('is opened without the wrapping key for five minutes', async () => {
    let calls = 0
    let at = 0
    const keys = fileKeys(path)
    const counting: WrappingKeys = {
      wrap: keys.wrap,
      unwrap: async (...key) => {
        calls++
        return await keys.unwrap(...key)
      },
    }
    const envelope = open(counting, () => at)
    const sealed = await envelope.seal('a', CONTEXT)
    for (at of [0, 299_999, 300_000]) await envelope.open(sealed, CONTEXT)
    expect(calls).toBe(2)
  })
})

describe('a file of keys', () => {
  it.each([
    {},
    { current: 'a', keys: {} },
    { current: 'a', keys: { a: 'ab' } },
    { current: 'toString', keys: { a: 'ab'.repeat(32) } },
    { current: 'a', keys: { a: 'ab'.repeat(32) }, more: 1 },
  ])('with %j is refused with what it has to be, and read again later', async (content) => {
    const keys = fileKeys(path)
    await store(content)
    await expect(open(keys).seal('a', CONTEXT)).rejects.toThrow(/must be JSON/)
    await store({ current: 'a', keys: { a: 'ab'.repeat(32) } })
    expect(await open(keys).open(await open(keys).seal('a', CONTEXT), CONTEXT)).toBe('a')
  })
})
