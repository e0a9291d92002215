import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createTestStorage,
  type StorageCall,
  type StorageFault,
  TEST_BUCKET,
  type TestStorage,
} from '../../test/support/google/storage.ts'
import { crc32c, crc32cText } from '../base/crc32c.ts'
import { openArchiveStore } from './archive-store.ts'

let storage: TestStorage
beforeAll(async () => {
  storage = await createTestStorage()
})
afterAll(async () => await storage.close())
beforeEach(() => {
  for (const left of storage.names()) storage.remove(left)
  storage.calls.length = 0
})

const open = (limits = {}) =>
  openArchiveStore(
    { bucket: TEST_BUCKET, endpoint: storage.url },
    { attempts: 3, pauseMs: 1, timeoutMs: 250, random: () => 0, ...limits },
  )
const name = 'metrics/tenant=a/month=2026-08-01/part-süß ?#.parquet'
const content = Buffer.alloc(70_000, 'a point and another one, ')
const checksum = crc32cText(crc32c(content))
async function* pieces(of = content): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < of.length; at += 10_000) yield of.subarray(at, at + 10_000)
}
const body = () => pieces()

describe('storage', () => {
  it('keeps an object once, says what it is, and gives back any part of it', async () => {
    const store = open()
    const put = await store.put(name, body)
    expect(put).toEqual({ name, generation: expect.any(String), size: content.length, crc32c: checksum, held: false })
    expect(await store.stat(name)).toEqual(put)
    expect(Buffer.from(await store.readRange(put, 0, content.length)).equals(content)).toBe(true)
    expect(Buffer.from(await store.readRange(put, 5, 30_005)).equals(content.subarray(5, 30_005))).toBe(true)
    expect((await store.readRange(put, content.length - 1, content.length)).length).toBe(1)
    expect((await store.readRange(put, 7, 7)).length).toBe(0)
    expect(await store.remove(put)).toBe(true)
  })

  it('takes the same bytes for written, and refuses others under the same name', async () => {
    const store = open()
    const first = await store.put(name, body)
    expect(await store.put(name, body)).toEqual(first)
    await expect(store.put(name, () => pieces(Buffer.from('other')))).rejects.toMatchObject({ existing: first })
    expect(await store.stat(name)).toEqual(first)
    expect(await store.remove(first)).toBe(true)
  })

  it('copies an object over the generation that it is told, once', async () => {
    const store = open()
    const source = await store.put('staging/1.parquet', body)
    const first = await store.copy(source, { name, over: '0' })
    expect(first).toMatchObject({ name, size: content.length, crc32c: checksum })
    expect(await store.stat(name)).toEqual(first)
    // The same copy once more, as after an answer that was lost.
    expect(await store.copy(source, { name, over: '0' })).toEqual(first)
    const other = await store.put('staging/2.parquet', () => pieces(Buffer.from('other')))
    await expect(store.copy(other, { name, over: '0' })).rejects.toMatchObject({ existing: first })
    storage.fail('copy', 'lost')
    const second = await store.copy(other, { name, over: first.generation })
    expect(second.generation).not.toBe(first.generation)
    expect(storage.read(name).toString()).toBe('other')
    await expect(store.readRange(first, 0, 5)).rejects.toMatchObject({ reason: 'missing' })
    await store.hold(second, true)
    await expect(store.copy(source, { name, over: second.generation })).rejects.toMatchObject({ reason: 'held' })
    await store.hold(second, false)
    await store.remove(source)
    await expect(store.copy(source, { name, over: second.generation })).rejects.toMatchObject({ reason: 'missing' })
    expect(await store.stat(name)).toEqual(second)
  })

  it('knows what is not there', async () => {
    const store = open()
    expect(await store.stat(name)).toBeUndefined()
    expect(await store.remove({ name, generation: '1' })).toBe(false)
    await expect(store.readRange({ name, generation: '1' }, 0, 1)).rejects.toMatchObject({ reason: 'missing' })
  })

  it('removes and reads one generation, and no later one', async () => {
    const store = open()
    const old = await store.put(name, body)
    expect(await store.remove(old)).toBe(true)
    const later = await store.put(name, body)
    await expect(store.readRange(old, 0, 1)).rejects.toMatchObject({ reason: 'missing' })
    expect(await store.remove(old)).toBe(false)
    expect(await store.remove(later)).toBe(true)
  })

  it('keeps what is held until it is released', async () => {
    const store = open()
    const put = await store.put(name, body)
    await store.hold(put, true)
    expect((await store.stat(name))?.held).toBe(true)
    await expect(store.remove(put)).rejects.toMatchObject({ reason: 'held' })
    await store.hold(put, false)
    expect(await store.remove(put)).toBe(true)
  })
})

describe('a fault', () => {
  const faults: [StorageCall, StorageFault][] = [
    ...(['begin', 'upload', 'stat', 'read', 'delete', 'patch'] as const).flatMap((call) =>
      ([429, 500, 503, 'reset', 'hang', 'lost'] as const).map((fault): [StorageCall, StorageFault] => [call, fault]),
    ),
    ['read', 'cut'],
    ['read', 'truncate'],
    ['read', 'corrupt'],
    ['upload', 'corrupt'],
  ]
  it.each(faults)('of %s, %s, is not seen by the caller', async (call, fault) => {
    const store = open()
    if (call === 'begin' || call === 'upload') storage.fail(call, fault)
    const put = await store.put(name, body)
    expect(put.crc32c).toBe(checksum)
    if (call !== 'begin' && call !== 'upload') storage.fail(call, fault)
    expect(await store.stat(name)).toMatchObject({ crc32c: checksum })
    expect((await store.readRange(put, 0, 10)).length).toBe(10)
    await store.hold(put, false)
    // A removal whose answer was lost finds nothing when it is repeated, and counts as done.
    expect(await store.remove(put)).toBe(fault !== 'lost' || call !== 'delete')
    expect(storage.names().length).toBe(0)
  })

  it('that stays is an error after as many attempts as are allowed', async () => {
    storage.fail('stat', 503, 503, 503)
    await expect(open().stat(name)).rejects.toThrow(/503, attempt 3/)
    expect(storage.calls).toEqual(['stat', 'stat', 'stat'])
  })

  it('that will not pass is tried once', async () => {
    storage.fail('begin', 403)
    await expect(open().put(name, body)).rejects.toThrow(/403, attempt 1/)
  })

  it('of the body is passed on, and nothing is stored', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield content
      throw new Error('the cursor is gone')
    }
    await expect(open().put(name, broken)).rejects.toThrow('the cursor is gone')
    expect(storage.names().length).toBe(0)
  })
})

it('a read says nothing on the log', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warned)
  const store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url })
  const put = await store.put('long', async function* () {
    yield Buffer.alloc(500_000, 'x')
  })
  expect((await store.readRange(put, 0, 500_000)).length).toBe(500_000)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', warned)
  expect(warnings).toEqual([])
})

it('nothing is loaded before the first call', async () => {
  expect(open().uriOf('x')).toBe(`gs://${TEST_BUCKET}/x`)
  expect(storage.calls).toEqual([])
})
