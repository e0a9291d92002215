// Numbers as texts, as Go and with it Prometheus writes them.

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : undefined
}

/** Writes the shortest decimal that is the number, without an exponent. It is the form of values in labels. */
export function formatLong(value: number): string {
  const word = special(value)
  if (word !== undefined) return word
  const text = Object.is(value, -0) ? '-0' : String(value)
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!found) return text
  const [, sign = '', lead = '', fraction = '', power = '0'] = found
  const exponent = Number(power)
  const digits = lead + fraction
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.padEnd(exponent + 1, '0')}`
}

/** Writes a number as in messages: the shortest decimal, with an exponent below 1e-4 and from 1e21 on. */
export const formatNumber = (value: number): string => withExponent(value, 1e-4)

/** Writes a value as in answers: the shortest decimal, with an exponent below 1e-6 and from 1e21 on. */
export const formatValue = (value: number): string => withExponent(value, 1e-6)

/** Writes a number as in formatted expressions: the shortest decimal, with an exponent below 1e-4 and from 1e6 on. */
export const formatShort = (value: number): string => withExponent(value, 1e-4, 1e6)

function withExponent(value: number, least: number, most = 1e21): string {
  const word = special(value)
  if (word !== undefined) return word
  const size = Math.abs(value)
  if (size === 0 || (size >= least && size < most)) return Object.is(value, -0) ? '-0' : String(value)
  const [mantissa = '', power = ''] = value.toExponential().split('e')
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`
}

/** Writes a number with six digits after the point. */
export function fixedDigits(value: number): string {
  const word = special(value)
  if (word !== undefined) return word
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`
}
