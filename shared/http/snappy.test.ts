import fc from 'fast-check'
import { compress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../base/unhurried.ts'
import { inflateSnappy, snappyLength } from './snappy.ts'

const block = (length: number, ...elements: readonly (number | string)[]): Buffer =>
  Buffer.concat([
    Buffer.from([length]),
    ...elements.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  ])
const literal = (text: string): number => (text.length - 1) << 2

describe('a snappy block', () => {
  it('gives back whatever was compressed', () => {
    const repetitive = fc.array(fc.constantFrom('abcdef', 'abcdefgh'.repeat(20), 'é', 'x'), { maxLength: 200 })
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
      repetitive.map((parts) => Buffer.from(parts.join(''))),
    )
    fc.assert(
      fc.property(data, (bytes) => {
        const compressed = Buffer.from(compress(bytes))
        expect(snappyLength(compressed, bytes.length)).toBe(bytes.length)
        expect(atOnce(inflateSnappy(compressed)).equals(bytes)).toBe(true)
      }),
    )
  })

  it.each([
    ['a copy with a short offset', block(8, literal('abcd'), 'abcd', 0b000_000_01, 4), 'abcdabcd'],
    ['a copy that reaches into itself', block(7, literal('ab'), 'ab', (4 << 2) | 2, 2, 0), 'abababa'],
    ['a copy with a long offset', block(4, literal('ab'), 'ab', (1 << 2) | 3, 2, 0, 0, 0), 'abab'],
    ['a literal whose length follows', block(3, 60 << 2, 2, 'abc'), 'abc'],
    ['nothing', block(0), ''],
  ])('may hold %s', (_, bytes, text) => {
    expect(atOnce(inflateSnappy(bytes)).toString()).toBe(text)
  })

  it('is refused where it says more than is allowed', () => {
    expect(snappyLength(block(4, literal('abcd'), 'abcd'), 4)).toBe(4)
    expect(() => snappyLength(block(4, literal('abcd'), 'abcd'), 3)).toThrow('at most')
  })

  it.each([
    ['nothing at all', Buffer.alloc(0), 'ends'],
    ['less than it says', block(4, literal('abc'), 'abc'), 'holds fewer'],
    ['more than it says', block(2, literal('abc'), 'abc'), 'holds more'],
    ['a copy over what it says', block(5, literal('abcd'), 'abcd', 0b000_000_01, 4), 'holds more'],
    ['a literal that is cut off', block(3, literal('abc'), 'ab'), 'inside a literal'],
    ['a literal of a negative length', block(4, 0xfc, 0xfa, 0xff, 0xff, 0xff, 0, 0), 'inside a literal'],
    ['a copy from before its beginning', block(8, literal('abcd'), 'abcd', 0b000_000_01, 5), 'not there'],
    ['a copy from nowhere', block(8, literal('abcd'), 'abcd', 0b000_000_01, 0), 'not there'],
    ['a copy that is cut off', block(8, literal('abcd'), 'abcd', 0b000_000_10, 4), 'inside an element'],
    ['no end of its length', Buffer.from([255, 255, 255, 255, 255, 1]), '32 bits'],
    ['a length that no block of its size has', Buffer.from([0xf0, 0xff, 0xff, 0xff, 0x0f, 0, 0]), 'cannot hold'],
  ])('that has %s is refused', (_, bytes, why) => {
    expect(() => atOnce(inflateSnappy(bytes))).toThrow(why)
  })
})

it('is decompressed in pieces, however little each element holds', () => {
  const size = 4 * 1024 * 1024
  const ones = Buffer.concat([Buffer.from([0x80, 0x80, 0x80, 2]), Buffer.alloc(2 * size, Buffer.from([0, 0x61]))])
  const copies = Buffer.concat([
    Buffer.from([0x80, 0x80, 0x80, 2]),
    Buffer.from([0, 0x61]),
    Buffer.alloc(3 * (size / 64), Buffer.from([(63 << 2) | 2, 1, 0])).subarray(3),
    Buffer.from([(62 << 2) | 2, 1, 0]),
  ])
  for (const block of [ones, copies]) {
    const pieces = [...inflateSnappy(block)].length
    expect(pieces).toBeGreaterThan(size / (512 * 1024))
  }
})
