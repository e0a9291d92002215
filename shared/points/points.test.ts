import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { monthOf } from '../base/time.ts'
import { createMonthFinder, mergeByInstant, type PlacedPoint, sortAndCollapse } from './points.ts'

const point = fc.record({
  index: fc.nat(),
  series: fc.integer({ min: 1, max: 3 }),
  at: fc.integer({ min: 0, max: 4 }),
  value: fc.double({ noNaN: true }),
})
const lastWins = (points: readonly PlacedPoint[]) => new Map(points.map((p) => [`${p.series} ${p.at}`, p.value]))

describe('sortAndCollapse', () => {
  it('leaves of each series and instant the last point, sorted', () => {
    fc.assert(
      fc.property(fc.array(point), (points) => {
        const left = sortAndCollapse(points)
        expect(lastWins(left)).toEqual(lastWins(points))
        expect(left).toHaveLength(lastWins(points).size)
        expect(left).toEqual(left.toSorted((a, b) => a.series - b.series || a.at - b.at))
      }),
    )
  })
})

describe('mergeByInstant', () => {
  it('lets the later list win', () => {
    fc.assert(
      fc.property(fc.array(fc.array(point)), (lists) => {
        const merged = mergeByInstant(lists.map(sortAndCollapse))
        expect(lastWins(merged)).toEqual(lastWins(lists.flat()))
        expect(merged).toHaveLength(lastWins(lists.flat()).size)
      }),
    )
  })
})

describe('createMonthFinder', () => {
  it('agrees with monthOf, whatever it was asked before', () => {
    const instant = fc.integer({ min: Date.UTC(2010, 0, 1) * 1000, max: Date.UTC(2040, 0, 1) * 1000 })
    const edge = fc
      .tuple(fc.integer({ min: 0, max: 360 }), fc.constantFrom(-1, 0, 1))
      .map(([m, d]) => Date.UTC(2010, m, 1) * 1000 + d)
    fc.assert(
      fc.property(fc.array(fc.oneof(instant, edge)), (instants) => {
        const find = createMonthFinder()
        expect(instants.map(find)).toEqual(instants.map(monthOf))
      }),
    )
  })
})
