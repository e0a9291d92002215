// Extreme values, independent of their use.
import type { Random } from '../../random.ts'

const LONG = 10_000

const texts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  'a\ud83d',
  '\uffff\ufffe',
  '\ufeff',
  '\u202eabc',
  '\u0001\u001f\u007f',
  '\n\r\t',
  '"\\',
  '𝒳'.repeat(20),
  '𝒳'.repeat(50),
  '𝒳'.repeat(51),
  '𝒳'.repeat(100),
  '𝒳'.repeat(101),
  'a'.repeat(20),
  'a'.repeat(21),
  'a'.repeat(200),
  'a'.repeat(201),
  'é'.repeat(4_096),
  'a'.repeat(LONG),
  "'; drop table metric_log; --",
  "' or '1'='1",
  '$1',
  '{1,2}',
  '\\x00',
  '%00',
  '%s%n',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  'NaN',
  'Infinity',
]

const numbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e150,
  -1e150,
  1.0000000000000002e150,
  -1.0000000000000002e150,
  1e151,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  1e21,
]

const times: readonly string[] = [
  '0000-01-01T00:00:00Z',
  '0000-01-01T00:00:00+23:59',
  '0001-01-01T00:00:00Z',
  '1684-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999999Z',
  '1970-01-01T00:00:00Z',
  '2009-12-31T23:59:59.999999Z',
  '2010-01-01T00:00:00Z',
  '2010-01-01T00:00:00.0000009+00:01',
  '2019-12-31T23:59:59.9999999Z',
  '2020-02-29T23:59:59.999999Z',
  '2023-02-29T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '2024-02-29T12:00:00+23:59',
  '2024-02-29T12:00:00-23:59',
  '2024-02-29T12:00:00+24:00',
  '2024-02-29T24:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-00-00T00:00:00Z',
  '2024-02-29t12:00:00z',
  '2024-02-29 12:00:00',
  '2024-02-29T12:00:00',
  `2024-02-29T12:00:00.${'9'.repeat(300)}Z`,
  '2024-02-29',
  '2255-06-05T23:47:34.740991Z',
  '2255-06-05T23:47:34.740993Z',
  '9999-12-31T23:59:59.999999Z',
  '9999-12-31T23:59:59.999999-23:59',
  '10000-01-01T00:00:00Z',
  '294276-12-31T23:59:59Z',
  'infinity',
  '-infinity',
  'now',
  'epoch',
  '1763658541',
  '２０２４-02-29T12:00:00Z',
]

const MEMBERS = ['__proto__', 'constructor', 'toJSON', 'then', 'length', 'hasOwnProperty', '', '0', '\0', '\ud800', '𝒳']

/** Returns extreme text: empty, one character too long, broken, or dangerous to another program. */
export const extremeText = (random: Random): string => random.pick(texts)

export const extremeNumber = (random: Random): number => random.pick(numbers)

/** Returns a timestamp, or nearly one. */
export const extremeTime = (random: Random): string => random.pick(times)

/** Returns a member's name with a meaning in JavaScript. */
export const extremeName = (random: Random): string => random.pick(MEMBERS)

/** Returns JSON of any type. */
export function extremeValue(random: Random): unknown {
  switch (random.below(9)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
    case 3:
      return extremeNumber(random)
    case 4:
      return extremeTime(random)
    case 5:
      return random.pick([[], {}, [[]], [null], [{}], { '': '' }])
    case 6:
      return nested(random.pick([2, 4, 5, 6, 7, 100, 1_000]), random.chance(0.5))
    default:
      return extremeText(random)
  }
}

function nested(levels: number, asArrays: boolean): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = asArrays ? [value] : { a: value }
  return value
}
