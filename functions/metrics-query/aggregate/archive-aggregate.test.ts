import { DAY, HOUR, monthStart, toPostgres } from '@penstock/shared/base/time.ts'
import { describe, expect, it } from 'vitest'
import { addPoints, cutMixedWeeks, mergeSums } from './archive-aggregate.ts'
import { beginSums } from './archive-sums.ts'

const MONDAY = monthStart('2026-06-01')

describe('weeks that are partly archived', () => {
  it('are cut out of what the database adds up', () => {
    const [may, june] = [monthStart('2026-05-01'), monthStart('2026-06-01')]
    const july = monthStart('2026-07-01')
    // 2026-04-27 and 2026-06-29 are Mondays; June begins with one.
    expect(cutMixedWeeks([{ from: june, to: july + 30 * DAY }], [{ from: may, to: june - 1 }])).toEqual({
      rest: [{ from: june, to: july + 30 * DAY }],
      mixed: [],
    })
    expect(
      cutMixedWeeks(
        [
          { from: may - 10 * DAY, to: may - 1 },
          { from: july, to: july + 30 * DAY },
        ],
        [
          { from: may, to: june - 1 },
          { from: june, to: july - 1 },
        ],
      ),
    ).toEqual({
      rest: [
        { from: may - 10 * DAY, to: may - 4 * DAY - 1 },
        { from: july + 5 * DAY, to: july + 30 * DAY },
      ],
      mixed: [
        { from: may - 4 * DAY, to: may - 1 },
        { from: july, to: july + 5 * DAY - 1 },
      ],
    })
    expect(cutMixedWeeks([{ from: july, to: july + DAY }], [])).toEqual({
      rest: [{ from: july, to: july + DAY }],
      mixed: [],
    })
  })
})

describe('sums of the database and of the archive', () => {
  const row = (hours: number, group: number, value: number) => ({
    bucket: toPostgres(MONDAY + hours * HOUR),
    group_no: group,
    count: 1,
    total: value,
    low: value,
    high: value,
    percentiles: [],
  })

  it('become one list, a bucket of both one entry', () => {
    const summing = beginSums('1 hour', true)
    const points = {
      series: Int32Array.of(5, 5, 6),
      at: Float64Array.of(MONDAY, MONDAY + HOUR, MONDAY + HOUR + 1),
      value: Float64Array.of(1, 2, 30),
    }
    addPoints(
      summing,
      points,
      new Map([
        [5, 0],
        [6, 1],
      ]),
    )
    expect(summing.size()).toBe(3)
    const merged = mergeSums([row(1, 0, 10), row(2, 1, 7)], summing.sums(), [])
    expect(merged).toEqual([
      row(0, 0, 1),
      { ...row(1, 0, 10), count: 2, total: 12, low: 2, high: 10 },
      row(1, 1, 30),
      row(2, 1, 7),
    ])
    expect(merged.map(({ bucket }) => bucket)[1]).toBe('2026-06-01 01:00:00.000000+00')
    expect(mergeSums([], summing.sums(), [0.5]).map(({ percentiles }) => percentiles)).toEqual([[1], [2], [30]])
  })
})
