import { describe, expect, it } from 'vitest'
import { parseExact, writeExact } from './exact-json.ts'

describe('exact JSON', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['12345678901234567890', 12345678901234567890n],
    ['123456789012345678901', 123456789012345680000],
    ['1e300', 1e300],
    ['9007199254740993.0', 9007199254740992],
    ['1.5', 1.5],
    ['"9007199254740993"', '9007199254740993'],
    ['[{"a":9007199254740993}]', [{ a: 9007199254740993n }]],
  ])('reads %s', (text, value) => {
    expect(parseExact(text)).toEqual(value)
  })

  it('takes no longer for a number of a million digits', () => {
    const begun = performance.now()
    expect(parseExact('9'.repeat(1_000_000))).toBe(Number.POSITIVE_INFINITY)
    expect(performance.now() - begun).toBeLessThan(1_000)
  })

  it('refuses what is no JSON', () => {
    expect(() => parseExact('{"a":}')).toThrow(SyntaxError)
  })

  it('keeps a name that objects inherit', () => {
    expect(Object.keys(parseExact('{"__proto__":1}') as object)).toEqual(['__proto__'])
  })

  it('writes a bigint as a number', () => {
    expect(writeExact({ a: 2n ** 63n - 1n, b: [1.5, null, 'x'], c: -1n })).toBe(
      '{"a":9223372036854775807,"b":[1.5,null,"x"],"c":-1}',
    )
  })
})
