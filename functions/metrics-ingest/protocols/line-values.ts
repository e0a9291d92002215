// Field values and timestamps of line protocol, as texts that were cut out of a line.
import { malformed, Problem } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'

/** The unit of a request's timestamps, as the clients of both versions of the interface name it. */
export type Precision = (typeof precisions)[number]
const precisions = ['n', 'ns', 'u', 'us', 'ms', 's', 'm', 'h'] as const

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INTEGER = /^[+-]?\d+$/
const UNSIGNED = /^\d+$/
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, 0] as const),
])
/** So many digits are exact in a number. */
const EXACT_DIGITS = 15
/** More than a 64-bit integer has, sign included. */
const MAX_DIGITS = 20
const MIN_SIGNED = -(2n ** 63n)
const MAX_SIGNED = 2n ** 63n - 1n
const MAX_UNSIGNED = 2n ** 64n - 1n

/**
 * The value of a field that is no string; undefined for what is no value. Booleans are 1 and 0. A 64-bit integer is held to its range
 * and then stored as the nearest double, which beyond 2^53 is another number: a point has no other kind of value.
 */
export function readFieldValue(text: string): number | undefined {
  const digits = text.slice(0, -1)
  if (text.endsWith('i')) return INTEGER.test(digits) ? withinRange(digits, MIN_SIGNED, MAX_SIGNED) : undefined
  if (text.endsWith('u')) return UNSIGNED.test(digits) ? withinRange(digits, 0n, MAX_UNSIGNED) : undefined
  return FLOAT.test(text) ? Number(text) : BOOLEANS.get(text)
}

/** The precision that a text names; nanoseconds where there is none. @throws {Problem} 400 for another. */
export function readPrecision(text: string | undefined): Precision {
  if (text === undefined || text === '') return 'ns'
  const found = precisions.find((precision) => precision === text)
  if (!found) throw new Problem(malformed, `The precision must be one of ${precisions.join(', ')}.`)
  return found
}

/** Microseconds of a timestamp, finer digits cut off; undefined for what is no timestamp. */
export function readLineInstant(text: string, precision: Precision): Micros | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  switch (precision) {
    case 'n':
    case 'ns':
      // As text, since nanoseconds are beyond 2^53.
      return text.startsWith('-') ? Math.floor(Number(text) / 1_000) : Number(text.slice(0, -3))
    case 'u':
    case 'us':
      return Number(text)
    case 'ms':
      return Number(text) * 1_000
    case 's':
      return Number(text) * 1_000_000
    case 'm':
      return Number(text) * 60_000_000
    case 'h':
      return Number(text) * 3_600_000_000
  }
}

/** Nanoseconds of a timestamp beyond its microseconds; undefined where the precision is coarser than nanoseconds. */
export function lineNanos(text: string, precision: Precision): number | undefined {
  if (precision !== 'n' && precision !== 'ns') return undefined
  const rest = Number(text.slice(-3)) % 1_000
  return text.startsWith('-') ? (1_000 - Math.abs(rest)) % 1_000 : rest
}

function withinRange(digits: string, min: bigint, max: bigint): number | undefined {
  if (digits.length <= EXACT_DIGITS) return Number(digits)
  if (digits.length > MAX_DIGITS) return undefined
  const integer = BigInt(digits.replace('+', ''))
  return integer >= min && integer <= max ? Number(integer) : undefined
}
