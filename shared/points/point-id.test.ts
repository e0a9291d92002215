import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openPointIds, pointId } from './point-id.ts'

const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const ids = openPointIds(key)
const idOf = (series: number, at: number, from = ids): string => pointId(from.codesOf([series]).get(series) ?? '', at)
const point = fc.record({
  series: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  at: fc.maxSafeInteger(),
})

describe('pointId', () => {
  it('is a UUID of version 8', () => {
    fc.assert(
      fc.property(point, ({ series, at }) => {
        expect(idOf(series, at)).toMatch(UUID_V8)
      }),
    )
  })

  it('is the same for the same point under the same key, in every release', () => {
    expect(idOf(1, 0)).toBe('00000000-0000-8000-b702-0001bd907990')
    expect(idOf(0x12345678, 0x1a_bcde_f012_3456).slice(0, 18)).toBe('01abcdef-0123-8456')
    expect(idOf(1, -1).slice(0, 18)).toBe('ffffffff-ffff-8fff')
    expect(idOf(7, 5, openPointIds(key))).toBe(idOf(7, 5))
  })

  it('tells points apart by series and by microsecond, under any key', () => {
    fc.assert(
      fc.property(point, point, fc.uint8Array({ minLength: 16, maxLength: 16 }), (a, b, bytes) => {
        const any = openPointIds(Buffer.from(bytes))
        return (idOf(a.series, a.at, any) === idOf(b.series, b.at, any)) === (a.series === b.series && a.at === b.at)
      }),
    )
    expect(idOf(1, 1_700_000_000_000_000)).not.toBe(idOf(1, 1_700_000_000_000_001))
  })

  it('gives 100,000 neighbouring series different codes, one by one or together', () => {
    const series = Array.from({ length: 100_000 }, (_, i) => i + 1)
    const codes = openPointIds(randomBytes(16)).codesOf(series)
    expect(new Set(codes.values()).size).toBe(series.length)
    const together = ids.codesOf([1, 2, 3, 2 ** 31 - 1])
    for (const [id, code] of together) expect(openPointIds(key).codesOf([id]).get(id)).toBe(code)
  })

  it('does not show how many series lie between two: each bit of neighbours differs half of the time', () => {
    const codes = [...ids.codesOf(Array.from({ length: 4_001 }, (_, i) => i + 1)).values()]
    const bits = codes.map((code) => BigInt(`0x${code.replace('-', '')}`) & ((1n << 62n) - 1n))
    const differing = Array.from({ length: 62 }, (_, bit) => {
      const mask = 1n << BigInt(bit)
      return bits.slice(1).filter((value, i) => ((value ^ (bits[i] ?? 0n)) & mask) !== 0n).length
    })
    // 4,000 throws of a coin: 2,000, and within six standard deviations (31.6).
    for (const count of differing) expect(Math.abs(count - 2_000)).toBeLessThan(190)
  })

  it('has other codes under another key', () => {
    expect(idOf(1, 0, openPointIds(randomBytes(16)))).not.toBe(idOf(1, 0))
  })
})
