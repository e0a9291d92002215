import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Problem } from '../base/problem.ts'
import { MAX_VALUES } from '../base/value-count.ts'
import { invalidRequest, MAX_ERRORS, parseJson, validateBody, validateQuery } from './validation.ts'

function problemOf(work: () => unknown): Problem {
  try {
    work()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const statusOf = (work: () => unknown): number => problemOf(work).kind.status

describe('JSON', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    [' [1] ', [1]],
    ['"ä😀"', 'ä😀'],
    ['\ufeff{"a":1}', { a: 1 }],
  ])('%s is parsed', (text, value) => {
    expect(parseJson(Buffer.from(text))).toEqual(value)
  })

  it.each(['', ' ', '{"a":', 'hello', '{"a":1,}', '{"a":1}{', "{'a':1}", 'NaN', '\u0000', '\ufeff', '\ufeff\ufeff1'])(
    '%j is malformed',
    (text) => {
      expect(statusOf(() => parseJson(Buffer.from(text)))).toBe(400)
    },
  )

  it.each([
    [[0x22, 0xff, 0xfe, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xc3, 0x22]],
    [[0x22, 0xc0, 0x80, 0x22]],
  ])('the bytes %j are malformed', (bytes) => {
    expect(statusOf(() => parseJson(Buffer.from(bytes)))).toBe(400)
  })

  it('is parsed or refused, and never ends the process, however deep it is', () => {
    const depth = 200_000
    expect(statusOf(() => validateBody(z.object({}), parseJson(Buffer.from('{"a":'.repeat(depth)))))).toBe(400)
    expect(
      statusOf(() => validateBody(z.object({}), parseJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth))))),
    ).toBe(422)
  })

  it('is refused when it holds more values than memory does', () => {
    const just = `[${Array(MAX_VALUES).fill('{}').join(',')}]`
    const values = (count: number): Buffer => Buffer.from(`[${'0,'.repeat(count - 1)}0]`)
    expect(statusOf(() => parseJson(Buffer.from(just)))).toBe(413)
    expect(parseJson(values(MAX_VALUES))).toHaveLength(MAX_VALUES)
    expect(statusOf(() => parseJson(values(MAX_VALUES + 1)))).toBe(413)
  })

  it('gives no object another prototype', () => {
    const parsed = validateBody(
      z.object({ a: z.number().nullish(), b: z.number() }),
      parseJson(Buffer.from('{"__proto__":{"a":5},"b":1}')),
    )
    expect(parsed.a).toBeUndefined()
  })
})

describe('a body', () => {
  const Entry = z.object({
    unit: z.string(),
    value: z.number().nullish(),
    labels: z.record(z.string(), z.number()).nullish(),
  })

  it('is given as its schema makes it', () => {
    expect(validateBody(Entry, { unit: 'x', other: 1 })).toEqual({ unit: 'x' })
  })

  it.each([
    [[], { pointer: '', detail: expect.any(String) }],
    [null, { pointer: '', detail: expect.any(String) }],
    [5, { pointer: '', detail: expect.any(String) }],
    [{}, { pointer: '/unit', detail: 'is missing' }],
    [{ unit: 1 }, { pointer: '/unit', detail: expect.stringContaining('string') }],
    [
      { unit: 'x', labels: { 'a/b~c': 'x' } },
      { pointer: '/labels/a~1b~0c', detail: expect.stringContaining('number') },
    ],
  ])('%j is refused with a pointer', (body, error) => {
    const problem = problemOf(() => validateBody(Entry, body))
    expect(problem.kind.status).toBe(422)
    expect(problem.errors).toEqual([error])
  })

  it('points into arrays', () => {
    const problem = problemOf(() => validateBody(z.array(Entry), [{ unit: 'x' }, { unit: 'x' }, {}, { unit: 4 }]))
    expect(problem.errors?.map((error) => error.pointer)).toEqual(['/2/unit', '/3/unit'])
    expect(problem.detail).toBe('/2/unit: is missing (2 errors in all)')
  })

  it('lists a hundred broken rules and says how many there are', () => {
    const broken = (count: number): Problem =>
      invalidRequest(Array.from({ length: count }, (_, at) => ({ pointer: `/${at}`, detail: 'is wrong' })))
    expect(broken(1).detail).toBe('/0: is wrong')
    expect(broken(MAX_ERRORS).detail).toBe('/0: is wrong (100 errors in all)')
    expect(broken(MAX_ERRORS).errors).toHaveLength(MAX_ERRORS)
    expect(broken(MAX_ERRORS + 1).detail).toBe('/0: is wrong (101 errors in all, the first 100 of which are listed)')
    expect(broken(MAX_ERRORS + 1).errors).toHaveLength(MAX_ERRORS)
  })
})

describe('a query string', () => {
  const Query = z.object({ limit: z.string().regex(/^\d+$/, 'must be a whole number').nullish() })

  it('is given as its schema makes it', () => {
    expect(
      validateQuery(Query, [
        ['limit', '5'],
        ['other', 'x'],
      ]),
    ).toEqual({ limit: '5' })
  })

  it('is refused with the name of the parameter', () => {
    expect(problemOf(() => validateQuery(Query, [['limit', 'x']])).errors).toEqual([
      { pointer: '?limit', detail: 'must be a whole number' },
    ])
  })

  it('is refused when a parameter comes twice, equal or not, known or not', () => {
    for (const name of ['limit', 'other', '__proto__']) {
      const problem = problemOf(() =>
        validateQuery(Query, [
          [name, '1'],
          [name, '1'],
        ]),
      )
      expect(problem.kind.status).toBe(422)
      expect(problem.errors).toEqual([{ pointer: `?${name}`, detail: 'must be given once' }])
    }
  })

  it('has no parameter that was not sent, and has every one that was', () => {
    const Any = z.record(z.string(), z.string())
    const Constructor = z.object({ constructor: z.string().default('absent') })
    expect(validateQuery(Constructor, [])).toEqual({ constructor: 'absent' })
    expect(
      validateQuery(Any, [
        ['labels.__proto__', 'x'],
        ['toString', 'y'],
      ]),
    ).toEqual({ 'labels.__proto__': 'x', toString: 'y' })
  })
})
