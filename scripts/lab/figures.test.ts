import { describe, expect, test } from 'vitest'
import { median, pairedRatio, percentile } from './figures.ts'

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)

  test.each([
    [50, 50],
    [95, 95],
    [99, 99],
    [100, 100],
    [0, 1],
  ])('of %d per cent of 1 to 100 is %d, in whatever order they come', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected)
  })

  test('is a value that was measured, never one between two', () => {
    expect(percentile([1, 10], 50)).toBe(1)
    expect(percentile([1, 10], 51)).toBe(10)
  })

  test('of one value is that value, and of none there is none', () => {
    expect(percentile([7], 99)).toBe(7)
    expect(percentile([], 50)).toBeNull()
  })

  test('is found by size and not by spelling', () => {
    expect(percentile([9, 10, 100], 100)).toBe(100)
  })
})

test('a median is the middle value, or between the two in the middle', () => {
  expect(median([100, 9, 30])).toBe(30)
  expect(median([9, 100, 30, 31])).toBe(30.5)
  expect(median([])).toBeNull()
})

describe('the ratio of two that took turns', () => {
  test('compares neighbours: what slowed both of a pair changes nothing', () => {
    expect(pairedRatio([50, 5, 50], [100, 10, 100])).toBe(0.5)
  })

  test('is not moved by a pair of which one alone was disturbed', () => {
    expect(pairedRatio([50, 50, 1, 50, 50], [100, 100, 100, 100, 100])).toBe(0.5)
  })

  test('leaves out pairs without a limit, and is none when no pair is left', () => {
    expect(pairedRatio([50, 70], [100, 0])).toBe(0.5)
    expect(pairedRatio([50], [])).toBeNull()
  })
})
