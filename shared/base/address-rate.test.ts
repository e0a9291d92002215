import { expect, it } from 'vitest'
import { addressRate } from './address-rate.ts'

it('lets an address make 120 requests at once and 20 each second after, whatever others do', () => {
  let now = 1_000
  const take = addressRate(() => now)
  const taken = (address: string): number => {
    for (let i = 0; ; i++)
      try {
        take(address)
      } catch (error) {
        expect(error).toMatchObject({ kind: { status: 429 }, headers: { 'retry-after': '1' } })
        return i
      }
  }
  expect(taken('a')).toBe(120)
  expect(taken('b')).toBe(120)
  now += 1_000
  expect(taken('a')).toBe(20)
  now += 3_600_000
  expect(taken('a')).toBe(120)
})
