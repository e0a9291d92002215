import { describe, expect, it } from 'vitest'
import { loadRegexes } from './matchers.ts'
import { parseExpression } from './parser.ts'
import { QueryError } from './query-error.ts'

await loadRegexes()

const messageOf = (text: string): string => {
  try {
    parseExpression(text)
  } catch (error) {
    if (error instanceof QueryError && error.type === 'bad_data') return error.message
    throw error
  }
  return 'accepted'
}

it.each([
  ['', '1:1: parse error: no expression found in input'],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['sum(foo bar)', '1:9: parse error: unexpected identifier "bar" in aggregation'],
  ['sum by (a b) (x)', '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"'],
  ['foo{a="b" c="d"}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
  ['foo{a="b"', '1:10: parse error: unexpected end of input inside braces'],
  ['foo[5m:1m 3m]', '1:11: parse error: unexpected duration "3m" in subquery selector, expected "]"'],
  ['foo[5]', '1:5: parse error: missing unit character in duration'],
  ['foo offset', '1:11: parse error: unexpected end of input in offset, expected duration'],
  ['foo @ bar', '1:7: parse error: unexpected identifier "bar" in @, expected timestamp'],
  ['sum(foo)[5m]', '1:9: parse error: ranges only allowed for vector selectors'],
  ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  ['é + $', "1:1: parse error: unexpected character: 'é'"],
  ['"é" + \n  $', "2:3: parse error: unexpected character: '$'"],
  ['foo{é="b"}', "1:5: parse error: unexpected character inside braces: 'é'"],
  ['foo{a="é"} $', "1:13: parse error: unexpected character: '$'"],
  ['nope(foo)', '1:1: parse error: unknown function with name "nope"'],
  ['rate(foo)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['topk(foo)', '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1'],
  ['{a=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `^(?:()$`'],
  ['foo{a=~"(?=b)"}', '1:5: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
])('refuses %j with the words of Prometheus', (text, message) => {
  expect(messageOf(text)).toBe(message)
})

describe('precedence', () => {
  const shape = (text: string): string => shapeOf(parseExpression(text))

  it.each([
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['2 ^ 3 ^ 4', '(2 ^ (3 ^ 4))'],
    ['-a ^ 2', '-(a ^ 2)'],
    ['-a * 2', '(-a * 2)'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a == b + c', '(a == (b + c))'],
    ['a * b atan2 c', '((a * b) atan2 c)'],
    ['a > b < c', '((a > b) < c)'],
  ])('%s is %s', (text, expected) => {
    expect(shape(text)).toBe(expected)
  })
})

function shapeOf(expression: ReturnType<typeof parseExpression>): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value)
    case 'selector':
      return expression.name
    case 'unary':
      return `${expression.operator}${shapeOf(expression.inner)}`
    case 'binary':
      return `(${shapeOf(expression.left)} ${expression.operator} ${shapeOf(expression.right)})`
    default:
      return expression.kind
  }
}

it('takes names in quotes, of metrics and labels that the plain alphabet lacks', () => {
  expect(parseExpression('{"http.requests", "http.route"="/"}')).toMatchObject({
    matchers: [
      { name: '__name__', operator: '=', value: 'http.requests' },
      { name: 'http.route', operator: '=', value: '/' },
    ],
  })
  expect(parseExpression('sum by ("http.route") (up)')).toMatchObject({ grouping: ['http.route'] })
})

describe('nesting', () => {
  const inside = (levels: number): string => `${'('.repeat(levels)}1${')'.repeat(levels)}`

  it('is taken to 299 brackets around a literal, and refused with one more', () => {
    expect(messageOf(inside(299))).toBe('accepted')
    expect(messageOf(inside(300))).toMatch(/the expression has more than 300 levels; split it into several queries$/)
    expect(messageOf(inside(100_000))).toMatch(/the expression has more than 300 levels/)
  })

  it('counts operators in a row', () => {
    const row = (terms: number): string => Array.from({ length: terms }, () => 'a').join(' + ')
    expect(messageOf(row(300))).toBe('accepted')
    expect(messageOf(row(301))).toMatch(/the expression has more than 300 levels/)
    expect(messageOf(`${'-'.repeat(100_000)}a`)).toMatch(/the expression has more than 300 levels/)
  })
})

it('matches regular expressions in linear time', () => {
  const expression = parseExpression(`foo{a=~"(a+)+b"}`)
  if (expression.kind !== 'selector') throw new Error('no selector')
  const begun = performance.now()
  expect(expression.matchers[0]?.matches('a'.repeat(10_000))).toBe(false)
  // A backtracking matcher needs more than the age of the universe.
  expect(performance.now() - begun).toBeLessThan(2_000)
})
