// Durations such as `1h30m`, in milliseconds, and numbers as PromQL writes them.

const UNITS = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
/** About 292 years: what 64 bits of nanoseconds hold. */
const MOST_MS = 9_223_372_036_854

/** Returns the milliseconds, `invalid` for a text that is not a duration, and `too long` above 292 years. */
export function parseDuration(text: string): number | 'invalid' | 'too long' {
  const found = PATTERN.exec(text)
  if (!found || text === '') return 'invalid'
  const ms = UNITS.reduce((sum, [, size], i) => sum + Number(found[i + 1] ?? 0) * size, 0)
  return ms > MOST_MS ? 'too long' : ms
}

/** Writes a duration: years and weeks only where nothing remains below them. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let text = ''
  let rest = ms
  for (const [unit, size] of UNITS) {
    const isWhole = unit === 'y' || unit === 'w'
    if (rest < size || (isWhole && rest % size !== 0)) continue
    text += `${Math.floor(rest / size)}${unit}`
    rest %= size
  }
  return text
}

/** Reads a number as PromQL has it: decimal, hexadecimal, octal with a leading zero, `Inf`, `NaN`. Undefined for other texts. */
export function parseNumber(text: string): number | undefined {
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text, 16)
  return parseFloat64(text)
}

/** Reads a decimal number as Go does, with `Inf` and `NaN` in any case. Undefined for other texts and numbers beyond the range. */
export function parseFloat64(text: string): number | undefined {
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (word) {
    if (word[2]?.toLowerCase() === 'nan') return word[1] === '' ? Number.NaN : undefined
    return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}
