import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderPoints } from './order.ts'

const point = fc.record({ of: fc.nat(3), at: fc.nat(5), value: fc.nat(1) })
const columns = (points: readonly { readonly of: number; readonly at: number; readonly value: number }[]) => ({
  of: Uint32Array.from(points, (p) => p.of),
  at: Float64Array.from(points, (p) => p.at),
  value: Float64Array.from(points, (p) => p.value),
  count: points.length,
})

describe('the order of a chunk', () => {
  it('is by series’ id and instant, with of equal ones the last, and without points of no series', () => {
    const ids = fc.shuffledSubarray([11, 12, 13, 14, undefined], { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), ids, (points, idsOf) => {
        const { places, collapsed, conflicting } = orderPoints(columns(points), idsOf)
        const last = new Map<string, number>()
        let [without, replaced] = [0, 0]
        for (const [place, { of, at, value }] of points.entries()) {
          const key = `${idsOf[of]} ${at}`
          const before = points[last.get(key) ?? -1]
          if (before && before.value !== value) replaced++
          if (idsOf[of] === undefined) without++
          else last.set(key, place)
        }
        expect(conflicting).toBe(replaced)
        const keys = [...last].sort(([a], [b]) => {
          const [[s = 0, t = 0], [u = 0, v = 0]] = [a.split(' ').map(Number), b.split(' ').map(Number)]
          return s - u || t - v
        })
        expect([...places]).toEqual(keys.map(([, place]) => place))
        expect(places.length + collapsed + without).toBe(points.length)
      }),
    )
  })
})
