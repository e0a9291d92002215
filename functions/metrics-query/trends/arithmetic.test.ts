import { DAY } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { movingAverage, percentageOf, trendOf } from './arithmetic.ts'

const line = (values: readonly number[]) => values.map((value, i): [number, number] => [i * DAY, value])

describe('a trend', () => {
  it('is the line through points that lie on one', () => {
    expect(trendOf(line([1, 3, 5, 7]), 4 * DAY, 4)).toEqual({ slope_per_day: 2, r_squared: 1, direction: 'rising' })
    expect(trendOf(line([7, 5, 3]), 3 * DAY, 5)).toMatchObject({ slope_per_day: -2, direction: 'falling' })
    expect(
      trendOf(
        [
          [0, 1],
          [3 * DAY, 7],
        ],
        3 * DAY,
        4,
      ),
    ).toMatchObject({ slope_per_day: 2, r_squared: 1 })
  })

  it('is flat below a hundredth of the mean over the range, or below a tenth of the variance', () => {
    const days = 10
    const rising = (share: number) => line(Array.from({ length: days }, (_, i) => 100 + (share * 100 * i) / days))
    expect(trendOf(rising(0.011), days * DAY, 100).direction).toBe('rising')
    expect(trendOf(rising(0.009), days * DAY, 100).direction).toBe('flat')
    expect(trendOf(line([1, 100, 1, 100]), 4 * DAY, 50)).toMatchObject({ direction: 'rising' })
    expect(trendOf(line([1, 100, 2, 90, 1, 100, 2, 90]), 8 * DAY, 50).direction).toBe('flat')
  })

  it('has no line through fewer than two buckets, and no fit where nothing varies', () => {
    expect(trendOf([], DAY, null)).toEqual({ slope_per_day: null, r_squared: null, direction: 'flat' })
    expect(trendOf(line([5]), DAY, 5)).toEqual({ slope_per_day: null, r_squared: null, direction: 'flat' })
    expect(trendOf(line([5, 5, 5]), 3 * DAY, 5)).toEqual({ slope_per_day: 0, r_squared: null, direction: 'flat' })
  })

  it('has finite numbers for all values that points may have', () => {
    const value = fc.double({ noNaN: true, min: -1e150, max: 1e150 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 50 }), (values) => {
        const { slope_per_day, r_squared } = trendOf(line(values), values.length * DAY, values[0] ?? 0)
        expect(Number.isFinite(slope_per_day)).toBe(true)
        expect(r_squared === null || (r_squared >= 0 && r_squared <= 1)).toBe(true)
      }),
    )
  })
})

describe('a change in percent', () => {
  it('is of the absolute value before, and null when that is 0, missing, or too small', () => {
    expect(percentageOf(150, 100)).toBe(50)
    expect(percentageOf(-150, -100)).toBe(-50)
    expect(percentageOf(1, 0)).toBeNull()
    expect(percentageOf(1, null)).toBeNull()
    expect(percentageOf(null, 1)).toBeNull()
    expect(percentageOf(1e150, 1e-300)).toBeNull()
  })
})

describe('a moving average', () => {
  it('weighs buckets by their points, and skips those without', () => {
    const bucket = (count: number, total: number) => ({ count, total, low: 0, high: 0 })
    expect(movingAverage([undefined, bucket(1, 10), undefined, bucket(3, 6), undefined, undefined], 3)).toEqual([
      null,
      10,
      10,
      4,
      2,
      2,
    ])
    expect(movingAverage([bucket(1, 1), undefined, undefined], 2)).toEqual([1, 1, null])
  })
})
