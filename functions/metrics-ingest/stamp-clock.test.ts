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
