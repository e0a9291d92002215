import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { text, timestamp, wholeNumber, wrongType } from './wire.ts'

const complaint = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: wrongType }).error?.issues[0]?.message

describe('a value of the wrong type', () => {
  it.each([
    [undefined, 'is missing'],
    [null, 'must be a number, not null'],
    ['1', 'must be a number, not a string'],
    [[1], 'must be a number, not an array'],
    [{}, 'must be a number, not an object'],
    [Number.POSITIVE_INFINITY, 'must be a number, not a number outside the range of a double'],
  ])('is complained of in words: %j', (value, words) => expect(complaint(z.number(), value)).toBe(words))
})

describe('text', () => {
  it('counts code points, just under, at and just over its limit', () => {
    for (const [length, words] of [
      [1, undefined],
      [2, undefined],
      [3, 'must have at most 2 characters'],
    ] as const) {
      expect(complaint(text(2), '😀'.repeat(length))).toBe(words)
    }
    expect(complaint(text(2), '')).toBe('must not be empty')
    expect(complaint(text(2, 0), '')).toBeUndefined()
  })

  it('is what PostgreSQL can hold', () => {
    expect(complaint(text(9), 'a\0b')).toBe('must not contain NUL')
    for (const lone of ['\ud800', 'x\udc00']) expect(complaint(text(9), lone)).toBe('must not contain a lone surrogate')
  })
})

describe('a timestamp', () => {
  it('is parsed to microseconds, or refused with an example', () => {
    expect(timestamp.parse('1970-01-01T00:00:00.0000019Z')).toBe(1)
    expect(complaint(timestamp, 'yesterday')).toBe('must be an RFC 3339 timestamp, such as 2026-11-20T17:09:01.123456Z')
  })
})

describe('a whole number in a query string', () => {
  it('is parsed, just inside its limits and not beyond', () => {
    const schema = wholeNumber(1, 10)
    expect(schema.parse('1')).toBe(1)
    expect(schema.parse('10')).toBe(10)
    expect(complaint(schema, '0')).toBe('must be at least 1')
    expect(complaint(schema, '11')).toBe('must be at most 10')
    for (const bad of ['', '1.5', '1e1', ' 1', '٣', '9'.repeat(16)])
      expect(complaint(schema, bad)).toBe('must be a whole number from 1 to 10')
  })
})
