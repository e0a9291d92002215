import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { readDeltas, take } from './delta-pages.ts'
import { DELTA_BINARY_PACKED, readPageHeader } from './page-header.ts'

/** Returns the page that the writer makes of these values. */
function packed(values: readonly number[]): Uint8Array {
  const data = BigInt64Array.from(values, BigInt)
  const column = { name: 'at', data, type: 'INT64', nullable: false, encoding: 'DELTA_BINARY_PACKED' } as const
  const file = parquetWriteBuffer({ columnData: [column], codec: 'UNCOMPRESSED', statistics: false })
  const pages = { bytes: new Uint8Array(file), at: 'PAR1'.length }
  const { encoding, compressedBytes } = readPageHeader(pages)
  expect(encoding).toBe(DELTA_BINARY_PACKED)
  return take(pages, compressedBytes)
}

const read = (values: readonly number[]): number[] => {
  const out = new Float64Array(values.length + 2).fill(-7)
  expect(readDeltas(packed(values), out, 1)).toBe(values.length)
  expect([out[0], out.at(-1)]).toEqual([-7, -7])
  return [...out.subarray(1, -1)]
}

const MONTH = 31 * 86_400_000_000

describe('packed instants', () => {
  it('are read as they were written, whatever their distances within a month', () => {
    const start = fc.integer({ min: -(2 ** 51), max: 2 ** 51 })
    const distance = fc.oneof(
      fc.constant(1_000_000),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: -MONTH, max: MONTH }),
    )
    const many = fc.array(distance, { maxLength: 300 })
    fc.assert(
      fc.property(start, many, (first, distances) => {
        const values = [first]
        let sum = 0
        for (const one of distances) {
          sum = Math.abs(sum + one) > MONTH ? 0 : sum + one
          values.push(first + sum)
        }
        expect(read(values)).toEqual(values)
      }),
    )
  })

  it.each([1, 2, 32, 33, 128, 129, 130, 257])('of a page of %i are as many', (count) => {
    const values = Array.from({ length: count }, (_, i) => 1_780_000_000_000_000 + i * i * 1_000)
    expect(read(values)).toEqual(values)
  })

  it('that do not fit, are cut short, or are further apart than those of a month are refused', () => {
    const values = Array.from({ length: 200 }, (_, i) => i * i)
    expect(() => readDeltas(packed(values), new Float64Array(199), 0)).toThrow(RangeError)
    expect(() => readDeltas(packed(values), new Float64Array(200), 1)).toThrow(RangeError)
    for (const end of [0, 1, 5, packed(values).length - 1])
      expect(() => readDeltas(packed(values).subarray(0, end), new Float64Array(200), 0)).toThrow(RangeError)
    const wide = [0, 2 ** 46, 1, 2 ** 45]
    expect(() => readDeltas(packed(wide), new Float64Array(4), 0)).toThrow(RangeError)
    expect(() => readDeltas(new Uint8Array(20).fill(255), new Float64Array(4), 0)).toThrow(RangeError)
  })
})
