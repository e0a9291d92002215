import { expect, it } from 'vitest'
import { readPageHeader } from './page-header.ts'

const header = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), at: 0 })

it('is read up to its end, with statistics and unknown fields skipped', () => {
  // Type 3, 300 bytes, 200 compressed, and a struct of version 2 with rows, encoding 5, levels, a flag and statistics of two texts.
  const statistics = [0x1c, 0x18, 2, 97, 98, 0x18, 1, 99, 0]
  const page = [0x5c, 0x15, 20, 0x15, 0, 0x15, 20, 0x15, 10, 0x15, 0, 0x15, 0, 0x11, ...statistics, 0]
  const packed = header(0x15, 6, 0x15, 0xd8, 4, 0x15, 0x90, 3, ...page, 0, 99)
  expect(readPageHeader(packed)).toEqual({ bytes: 300, compressedBytes: 200, encoding: 5 })
  expect(packed.at).toBe(packed.bytes.length - 1)
})

it.each([
  ['that is cut short', [0x15, 6, 0x15]],
  ['without lengths', [0x15, 6, 0]],
  ['of endless structs', Array.from({ length: 100_000 }, () => 0x1c)],
  ['with a list', [0x19, 0xf5]],
])('%s is refused', (_, bytes) => {
  expect(() => readPageHeader(header(...bytes))).toThrow(RangeError)
})
