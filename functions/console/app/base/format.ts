// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** Writes a count: `1,234`, and `1.23M` from a million on. */
export const count = (value: number | bigint): string =>
  value < 1_000_000 ? whole.format(value) : compact.format(value)

/** Writes a count with all its digits. */
export const exactly = (value: number | bigint): string => whole.format(value)

/** Writes a measured value with five digits; very large and very small ones with an exponent. */
export function quantity(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3)
  return size >= 10_000 ? whole.format(value) : fine.format(value)
}

/** Writes a share between 0 and 1. */
export const percent = (share: number): string => `${fine.format(Math.round(share * 1000) / 10)} %`

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** Writes a size in bytes. */
export function bytes(size: number): string {
  const power = size < 1 ? 0 : Math.min(Math.floor(Math.log2(size) / 10), BYTE_UNITS.length - 1)
  const scaled = size / 1024 ** power
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${BYTE_UNITS[power]}`
}

const SPANS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
]

/** Writes a duration in its two largest units: `2 h 5 min`. Below a second it is in milliseconds. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${fine.format(Math.round(seconds * 10_000) / 10)} ms`
  const rounded = Math.round(seconds)
  const first = SPANS.findIndex(([span]) => rounded >= span)
  const [span, unit] = SPANS[first] ?? [1, 's']
  const [next, nextUnit] = SPANS[first + 1] ?? [1, '']
  const rest = Math.floor((rounded % span) / next)
  return `${Math.floor(rounded / span)} ${unit}${rest > 0 && nextUnit !== '' ? ` ${rest} ${nextUnit}` : ''}`
}

/** Writes milliseconds. */
export const milliseconds = (ms: number): string => duration(ms / 1000)

/** Writes how long ago an instant was, or how far ahead it is. */
export function ago(ms: number, now = Date.now()): string {
  const seconds = (now - ms) / 1000
  if (Math.abs(seconds) < 1) return 'now'
  return seconds > 0 ? `${roughly(seconds)} ago` : `in ${roughly(-seconds)}`
}

/** Writes a duration in its largest unit. */
function roughly(seconds: number): string {
  const [span, unit] = SPANS.find(([one]) => Math.round(seconds) >= one) ?? [1, 's']
  return `${Math.max(1, Math.floor(Math.round(seconds) / span))} ${unit}`
}

const localDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const localClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** Writes an instant in the reader's time zone: `1 Dec 2026, 14:05:09`. */
export const localTime = (ms: number): string => `${localDay.format(ms)}, ${localClock.format(ms)}`

/** Writes an instant in UTC: `2026-12-01 13:05:09 UTC`. */
export const utcTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** The name of the reader's time zone. */
export const zone = (): string => new Intl.DateTimeFormat('en').resolvedOptions().timeZone

/** Writes a month such as `2026-08-01` as `Aug 2026`. */
export const monthName = (day: string): string =>
  new Intl.DateTimeFormat('en', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )

/** Adds an `s` unless there is exactly one. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`
