// Timestamps for points that come without one.
import type { Clock, Micros } from '@penstock/shared/time.ts'

export interface StampClock {
  /** The first of `count` consecutive microseconds that no other caller of this instance gets, at or after the clock's now. */
  take(count: number): Micros
}

/**
 * Strictly rising, also when the system's clock is set back. The clock knows milliseconds; where in one a stamp may begin, `spread` says,
 * from 0 to 1: two instances that both began at its first microsecond would give points of one series the same stamp, and of two points
 * one would be lost.
 */
export function createStampClock(now: Clock, spread: () => number = () => 0): StampClock {
  let next: Micros = 0
  return {
    take(count) {
      const first = Math.max(next, now() * 1000 + Math.floor(spread() * 1000))
      next = first + Math.max(1, count)
      return first
    },
  }
}
