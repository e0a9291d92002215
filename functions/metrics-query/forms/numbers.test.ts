import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NUMBER_BYTES, writeNumber } from './numbers.ts'

function written(number: number): string {
  const out = Buffer.alloc(NUMBER_BYTES)
  return out.toString('latin1', 0, writeNumber(out, 0, number))
}

it('writes every number as String does', () => {
  const sensor = fc
    .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.integer({ min: 0, max: 6 }))
    .map(([whole, decimals]) => whole / 10 ** decimals)
  const number = fc.oneof(sensor, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
  fc.assert(
    fc.property(number, (value) => {
      expect(written(value)).toBe(String(value))
    }),
    { numRuns: 2_000 },
  )
})

it.each([0, -0, 0.001, -0.1, 0.0001, 1e-7, 999_999_999, 1e9, 1e12 - 0.001, 1e12, 1e15, 1e21, 0.1 + 0.2, 4.35, 1.005])(
  'writes %d as String does',
  (value) => expect(written(value)).toBe(String(value)),
)
