import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, readLines } from './lines.ts'

async function* blocksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const size of sizes) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

async function collect(bytes: Buffer, sizes: readonly number[], maxBytes = 100, from = { bytes: 0, lines: 0 }) {
  const lines: Line[] = []
  for await (const some of readLines(blocksOf(bytes, sizes), from, maxBytes)) lines.push(...some)
  return lines
}

describe('lines', () => {
  it('are the same however the bytes arrive, each with its number and where the next begins', async () => {
    const text = fc.array(fc.constantFrom('a', 'ü', '\r', '\n', ''), { maxLength: 30 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(4), { maxLength: 10 }), async (whole, sizes) => {
        const expected = whole.split('\n')
        if (expected.at(-1) === '') expected.pop()
        const lines = await collect(Buffer.from(whole), sizes)
        expect(lines.map(({ bytes }) => bytes?.toString())).toEqual(expected)
        expect(lines.map(({ number }) => number)).toEqual(expected.map((_, i) => i + 1))
        for (const { end, number } of lines) {
          const before = expected.slice(0, number).join('\n')
          expect(end).toBe(Math.min(Buffer.byteLength(whole), Buffer.byteLength(before) + 1))
        }
      }),
    )
  })

  it('of just the longest length are whole, and longer ones are nothing but their length', async () => {
    const lines = await collect(Buffer.from(`${'x'.repeat(10)}\n${'y'.repeat(11)}\nz\n`), [3, 9, 5], 10)
    expect(lines.map(({ bytes, end }) => [bytes?.toString(), end])).toEqual([
      ['x'.repeat(10), 11],
      [undefined, 23],
      ['z', 25],
    ])
  })

  it('are counted on from where an earlier reading ended', async () => {
    const lines = await collect(Buffer.from('c\nd'), [1], 100, { bytes: 40, lines: 7 })
    expect(lines.map(({ number, end }) => [number, end])).toEqual([
      [8, 42],
      [9, 43],
    ])
  })
})
