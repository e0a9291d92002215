import { describe, expect, it, vi } from 'vitest'
import { openMemory } from './memory.ts'

function setUp(max = 10) {
  const time = { now: 1_000_000 }
  const memory = openMemory<number | undefined>({ clock: () => time.now, max, ttlMs: 30_000 })
  return { time, memory }
}

describe('a memory', () => {
  it('remembers an answer for just under its time', async () => {
    const { time, memory } = setUp()
    const load = vi.fn(async () => 1)
    await memory.get('a', load)
    time.now += 29_999
    expect(await memory.get('a', load)).toBe(1)
    expect(load).toHaveBeenCalledTimes(1)
    time.now += 1
    await memory.get('a', load)
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('counts the time from the question, not from the answer', async () => {
    const { time, memory } = setUp()
    const load = vi.fn(async () => {
      time.now += 20_000
      return 1
    })
    await memory.get('a', load)
    time.now += 10_000
    await memory.get('a', load)
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('remembers that there is nothing', async () => {
    const { memory } = setUp()
    const load = vi.fn(async () => undefined)
    expect(await memory.get('a', load)).toBeUndefined()
    expect(await memory.get('a', load)).toBeUndefined()
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('asks once for many who ask at the same time', async () => {
    const { memory } = setUp()
    const load = vi.fn(async () => await new Promise<number>((resolve) => setTimeout(resolve, 5, 7)))
    expect(await Promise.all(Array.from({ length: 50 }, () => memory.get('a', load)))).toEqual(Array(50).fill(7))
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('keeps the answers of different keys apart', async () => {
    const { memory } = setUp()
    expect(await Promise.all([memory.get('a', async () => 1), memory.get('b', async () => 2)])).toEqual([1, 2])
    expect([await memory.get('a', async () => 3), await memory.get('b', async () => 3)]).toEqual([1, 2])
  })

  it('tells a failure to all who wait and forgets it', async () => {
    const { memory } = setUp()
    const load = vi.fn(async () => Promise.reject(new Error('down')))
    const all = await Promise.allSettled([memory.get('a', load), memory.get('a', load)])
    expect(all.map((one) => one.status)).toEqual(['rejected', 'rejected'])
    expect(load).toHaveBeenCalledTimes(1)
    expect(await memory.get('a', async () => 4)).toBe(4)
  })

  it('forgets what was used least recently beyond its maximum', async () => {
    const { memory } = setUp(2)
    for (const key of ['a', 'b', 'a', 'c']) await memory.get(key, async () => 1)
    const load = vi.fn(async () => 1)
    await memory.get('a', load)
    expect(load).not.toHaveBeenCalled()
    await memory.get('b', load)
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('does not trust an answer from the future, after the clock was put back', async () => {
    const { time, memory } = setUp()
    await memory.get('a', async () => 1)
    time.now -= 60_000
    expect(await memory.get('a', async () => 2)).toBe(2)
  })
})
