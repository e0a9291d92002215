import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { monthOf } from '../base/time.ts'
import { createMonthFinder } from './month-finder.ts'

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
