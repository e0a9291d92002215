// Writes lists of numbers as the ASCII bytes of JSON.

/** The longest text of a double, and a comma: `-1.2345678901234567e+150,`. */
export const NUMBER_BYTES = 25
/** The longest text of an instant, and a comma. */
export const MICROS_BYTES = 18

const [COMMA, ZERO, MINUS, POINT] = Buffer.from(',0-.') as unknown as [number, number, number, number]
const LAST_DIGITS = 9
const SHARED = 10 ** LAST_DIGITS

/** Writes the numbers at `places` with commas between. @returns the end. */
export function writeNumbers(out: Buffer, at: number, numbers: Float64Array, places: Uint32Array): number {
  let end = at
  for (let i = 0; i < places.length; i++) {
    if (i > 0) out[end++] = COMMA
    end = writeNumber(out, end, numbers[places[i] ?? 0] ?? 0)
  }
  return end
}

/** Decimals of the numbers that are written digit by digit. */
const DECIMALS = 3
const SCALE = 10 ** DECIMALS
/** Below this limit a number with that many decimals has at most 15 digits, so no other number of 15 digits is the same double. */
const MOST = 10 ** (15 - DECIMALS)

/**
 * Writes a number as `String` does. One with up to three decimals, as sensors send them, is written digit by digit, which takes a third of the
 * time: it is the double nearest to a whole number of thousandths, and that decimal is its shortest text.
 * @returns the end.
 */
export function writeNumber(out: Buffer, at: number, number: number): number {
  const size = Math.abs(number)
  const thousandths = Math.round(size * SCALE)
  if (!(size < MOST) || thousandths / SCALE !== size) return writeAscii(out, at, String(number))
  let end = at
  if (number < 0) out[end++] = MINUS
  const whole = Math.floor(thousandths / SCALE)
  end = writeWhole(out, end, whole)
  let rest = thousandths - whole * SCALE
  if (rest === 0) return end
  out[end++] = POINT
  for (let unit = SCALE / 10; rest > 0; unit = (unit / 10) | 0) {
    const digit = (rest / unit) | 0
    out[end++] = ZERO + digit
    rest -= digit * unit
  }
  return end
}

/** Writes a whole number that is not negative. */
function writeWhole(out: Buffer, at: number, number: number): number {
  if (number >= SHARED) return writeAscii(out, at, String(number))
  let digits = 1
  for (let limit = 10; number >= limit; limit *= 10) digits++
  let rest = number | 0
  for (let digit = at + digits - 1; digit >= at; digit--) {
    const next = (rest / 10) | 0
    out[digit] = ZERO + rest - next * 10
    rest = next
  }
  return at + digits
}

/**
 * Writes the instants at `places` as microseconds since 1970 with commas between. Neighbouring points usually share their first digits,
 * which are formatted once; the other nine are written digit by digit.
 * @returns the end.
 */
export function writeInstants(out: Buffer, at: number, instants: Float64Array, places: Uint32Array): number {
  let first = Number.NaN
  let firstText = ''
  let end = at
  for (let i = 0; i < places.length; i++) {
    const instant = instants[places[i] ?? 0] ?? 0
    if (i > 0) out[end++] = COMMA
    const ofInstant = Math.floor(instant / SHARED)
    if (ofInstant < 1) {
      end = writeAscii(out, end, String(instant))
      continue
    }
    if (ofInstant !== first) {
      first = ofInstant
      firstText = String(ofInstant)
    }
    end = writeAscii(out, end, firstText)
    // Below 2^30: whole numbers of this size are the fastest.
    let rest = (instant - ofInstant * SHARED) | 0
    for (let digit = end + LAST_DIGITS - 1; digit >= end; digit--) {
      const next = (rest / 10) | 0
      out[digit] = ZERO + rest - next * 10
      rest = next
    }
    end += LAST_DIGITS
  }
  return end
}

/** Writes ASCII text. @returns the end. */
export function writeAscii(out: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
  return at + text.length
}
