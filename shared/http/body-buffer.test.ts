import { describe, expect, it } from 'vitest'
import { bodyBuffer, freeChunk } from './body-buffer.ts'

const MIB = 1024 * 1024

/** A chunk as node makes them: with memory of its own. */
const chunkOf = (bytes: number, fill: number): Buffer => Buffer.alloc(bytes, fill)

describe('a body that is put together', () => {
  it.each([0, 1, 2, 79, 80, 81, 200])('is what was added, in %d chunks of 64 KiB', (count) => {
    const body = bodyBuffer(200 * 64 * 1024)
    const expected = Buffer.concat(Array.from({ length: count }, (_, i) => chunkOf(64 * 1024, i)))
    for (let i = 0; i < count; i++) body.add(chunkOf(64 * 1024, i))
    expect(body.whole().equals(expected)).toBe(true)
  })

  it('may be shorter than was announced', () => {
    const body = bodyBuffer(32 * MIB)
    for (let i = 0; i < 6; i++) body.add(chunkOf(MIB, i))
    expect(body.whole()).toHaveLength(6 * MIB)
  })

  it('is not copied when it is one chunk', () => {
    const body = bodyBuffer(10)
    const chunk = chunkOf(10, 1)
    body.add(chunk)
    expect(body.whole()).toBe(chunk)
  })

  it('leaves nothing of a large one in its chunks', () => {
    const body = bodyBuffer(32 * MIB)
    const chunks = Array.from({ length: 8 }, (_, i) => chunkOf(MIB, i))
    for (const chunk of chunks) body.add(chunk)
    expect(chunks.map((chunk) => chunk.length)).toEqual(chunks.map(() => 0))
  })
})

describe('a chunk that is given back', () => {
  it('is empty, and one that is a part of another buffer stays', () => {
    const own = chunkOf(100, 1)
    const whole = chunkOf(100, 2)
    const [part, rest] = [whole.subarray(0, 50), whole.subarray(50)]
    for (const chunk of [own, part, rest]) freeChunk(chunk)
    expect([own.length, part.length, rest.length]).toEqual([0, 50, 50])
    expect(whole.equals(chunkOf(100, 2))).toBe(true)
  })
})
