import { describe, expect, it } from 'vitest'
import { findViolations, type Operation } from './register.ts'

const write = (value: number, start: number, end: number): Operation => ({ kind: 'write', value, start, end })
const read = (value: number | null, start: number, end: number): Operation => ({ kind: 'read', value, start, end })

describe('findViolations', () => {
  it('accepts what one order of the operations explains', () => {
    expect(findViolations([read(null, 0, 1), write(1, 1, 5), read(1, 2, 3), write(2, 4, 8), read(2, 9, 10)])).toEqual(
      [],
    )
    // Two writes at one time may have happened in either order.
    expect(findViolations([write(1, 0, 10), write(2, 0, 10), read(2, 11, 12)])).toEqual([])
    expect(findViolations([write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)])).toEqual([])
  })

  it.each([
    ['a point that is missing after it was acknowledged', [write(1, 0, 1), read(null, 2, 3)]],
    ['an older value after a newer one was acknowledged', [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]],
    ['an older value after a newer one was seen', [write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6)]],
    ['a value before it was written', [read(1, 0, 1), write(1, 2, 3)]],
    ['a value that nobody wrote', [read(7, 0, 1)]],
  ])('finds %s', (_, operations) => {
    expect(findViolations(operations).length).toBeGreaterThan(0)
  })

  it('takes a write whose commit nobody knows of for one that happened when it was seen, and only then', () => {
    const unknown = write(2, 1, Number.POSITIVE_INFINITY)
    expect(findViolations([write(1, 0, 0.5), unknown, read(1, 5, 6)])).toEqual([])
    expect(findViolations([write(1, 0, 0.5), unknown, read(2, 5, 6), read(1, 7, 8)]).length).toBeGreaterThan(0)
  })
})
