// Reads decimal numbers from bytes.

const MINUS = 45
const DOT = 46
const ZERO = 48

/**
 * Maximum digits. A whole number with so many digits is exact, and so is a power of ten up to 10^22: their quotient is the double nearest to
 * the decimal.
 */
const EXACT_DIGITS = 15
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

/** Longer than the text of any number with that many digits. */
const MAX_TEXT_BYTES = 32

/**
 * Reads a decimal such as `-12.5` with at most 15 digits into `into[i]`. Returns the position of its end, or -1 for anything else: more
 * digits, an exponent, or a dot without digits on both sides. The caller must check the next byte.
 */
export function scanDecimal(bytes: Uint8Array, from: number, end: number, into: Float64Array, i: number): number {
  const stop = Math.min(end, from + MAX_TEXT_BYTES)
  let at = from
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  const first = at
  let whole = 0
  let digit = 0
  while (at < stop && (digit = (bytes[at] as number) - ZERO) >= 0 && digit <= 9) {
    whole = whole * 10 + digit
    at++
  }
  let digits = at - first
  if (digits === 0 || digits > EXACT_DIGITS) return -1
  let fraction = 0
  if (at < end && bytes[at] === DOT) {
    const dot = at++
    while (at < stop && (digit = (bytes[at] as number) - ZERO) >= 0 && digit <= 9) {
      whole = whole * 10 + digit
      at++
    }
    fraction = at - dot - 1
    digits += fraction
    if (fraction === 0 || digits > EXACT_DIGITS) return -1
  }
  const value = fraction === 0 ? whole : whole / (POWERS[fraction] as number)
  into[i] = isNegative ? -value : value
  return at
}

/**
 * Reads digits as a whole number into `into[i]`. Returns the position of their end, or -1 when there are none, or more than a double holds
 * exactly.
 */
export function scanDigits(bytes: Uint8Array, from: number, end: number, into: Float64Array, i: number): number {
  let at = from
  let whole = 0
  let digit = 0
  while (at < end && (digit = (bytes[at] as number) - ZERO) >= 0 && digit <= 9) {
    whole = whole * 10 + digit
    at++
  }
  if (at === from || whole > Number.MAX_SAFE_INTEGER) return -1
  into[i] = whole
  return at
}
