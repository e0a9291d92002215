// Parses the field values and the timestamp of a line.
import { malformed, Problem } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { isAtEnd, type LineCursor, skipSpaces, takeUntil } from './line-cursor.ts'
import { LineError } from './line-series.ts'

/** The unit of a request's timestamps, by the names of both versions of the interface. */
export type Precision = (typeof precisions)[number]
const precisions = ['n', 'ns', 'u', 'us', 'ms', 's', 'm', 'h'] as const

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INTEGER = /^[+-]?\d+$/
const UNSIGNED = /^\d+$/
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, 0] as const),
])
/** Number of digits that a number holds exactly. */
const EXACT_DIGITS = 15
/** More than a 64-bit integer has, including the sign. */
const MAX_DIGITS = 20
const MIN_SIGNED = -(2n ** 63n)
const MAX_SIGNED = 2n ** 63n - 1n
const MAX_UNSIGNED = 2n ** 64n - 1n

/**
 * Returns the value of a field that is not a string; undefined for an invalid value. Booleans are 1 and 0. A 64-bit integer is checked
 * against its range and stored as the nearest double, which beyond 2^53 is another number, because points only have doubles.
 */
export function readFieldValue(text: string): number | undefined {
  const digits = text.slice(0, -1)
  if (text.endsWith('i')) return INTEGER.test(digits) ? withinRange(digits, MIN_SIGNED, MAX_SIGNED) : undefined
  if (text.endsWith('u')) return UNSIGNED.test(digits) ? withinRange(digits, 0n, MAX_UNSIGNED) : undefined
  return FLOAT.test(text) ? Number(text) : BOOLEANS.get(text)
}

/** Returns the precision that a text names; nanoseconds when there is none. @throws {Problem} 400 for an unknown one. */
export function readPrecision(text: string | undefined): Precision {
  if (text === undefined || text === '') return 'ns'
  const found = precisions.find((precision) => precision === text)
  if (!found) throw new Problem(malformed, `The precision must be one of ${precisions.join(', ')}.`)
  return found
}

/** Returns the microseconds of a timestamp, finer digits cut off; undefined for an invalid timestamp. */
function readLineInstant(text: string, precision: Precision): Micros | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  switch (precision) {
    case 'n':
    case 'ns':
      // Computed on the text, because nanoseconds exceed 2^53.
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

/** Returns the nanoseconds of a timestamp after its microseconds; undefined when the precision is coarser. */
function lineNanos(text: string, precision: Precision): number | undefined {
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

export interface LineInstant {
  readonly at: Micros
  /** Nanoseconds after `at`; undefined where the unit is coarser. */
  readonly nanos: number | undefined
}

const SPACE = 32

/** Reads the timestamp at the cursor, which ends the line. @throws {LineError} for anything else. */
export function readInstant(lines: LineCursor, precision: Precision): LineInstant {
  const text = takeUntil(lines, (code) => code === SPACE)
  skipSpaces(lines)
  const at = readLineInstant(text, precision)
  if (at === undefined) throw new LineError('has a timestamp that is not a whole number')
  if (!isAtEnd(lines)) throw new LineError('has characters after its timestamp')
  return { at, nanos: lineNanos(text, precision) }
}
