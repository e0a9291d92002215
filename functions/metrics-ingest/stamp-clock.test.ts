import { expect, it } from 'vitest'
import { createStampClock } from './stamp-clock.ts'

it('never gives a microsecond twice, also when the clock is set back', () => {
  let clock = 1_000
  const stamps = createStampClock(() => clock)
  expect(stamps.take(3)).toBe(1_000_000)
  expect(stamps.take(1)).toBe(1_000_003)
  clock = 500
  expect(stamps.take(2)).toBe(1_000_004)
  clock = 2_000
  expect(stamps.take(1)).toBe(2_000_000)
})

it('gives two instances different stamps in one millisecond, and rises in each', () => {
  const spreads = [0.25, 0.75, 0.9994, 0.5]
  const spread = () => spreads.shift() ?? 0
  const [one, two] = [createStampClock(() => 1_000, spread), createStampClock(() => 1_000, spread)]
  expect([one.take(1), two.take(1), one.take(5), one.take(1)]).toEqual([1_000_250, 1_000_750, 1_000_999, 1_001_004])
})
