import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointId } from './point-id.ts'

const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const point = fc.record({
  series: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  at: fc.maxSafeInteger(),
})

describe('pointId', () => {
  it('is a UUID of version 8', () => {
    fc.assert(
      fc.property(point, ({ series, at }) => {
        expect(pointId(series, at)).toMatch(UUID_V8)
      }),
    )
  })

  it('holds the microseconds, then the series', () => {
    expect(pointId(0x12345678, 0x1a_bcde_f012_3456)).toBe('01abcdef-0123-8456-8000-000012345678')
    expect(pointId(1, -1)).toBe('ffffffff-ffff-8fff-8000-000000000001')
  })

  it('tells points apart by series and by microsecond', () => {
    fc.assert(
      fc.property(
        point,
        point,
        (a, b) => (pointId(a.series, a.at) === pointId(b.series, b.at)) === (a.series === b.series && a.at === b.at),
      ),
    )
    expect(pointId(1, 1_700_000_000_000_000)).not.toBe(pointId(1, 1_700_000_000_000_001))
  })
})
