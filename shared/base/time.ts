// Instants as whole microseconds since 1970 in a number: exact until the year 2255, whereas a Date loses three digits.

/** Microseconds since 1970-01-01T00:00:00Z, a safe integer. */
export type Micros = number

/** The clock that handlers are given: milliseconds since 1970, like Date.now. */
export type Clock = () => number

export const SECOND = 1_000_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?$/
/** The Gregorian calendar repeats itself after 400 years, which always have the same number of days. */
const CYCLE_YEARS = 400
const CYCLE_MS = 146_097 * 86_400_000

/**
 * Parses an RFC 3339 text with `Z`, an offset, or neither (taken as UTC) to microseconds; finer digits are cut off, never rounded.
 * Returns undefined for any other text and for a day that does not exist. Seconds of 60 are refused, because PostgreSQL would move them
 * into the next minute.
 */
export function parseTimestamp(text: string): Micros | undefined {
  if (!RFC3339.test(text)) return undefined
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59)
    return undefined
  const zone = text.charAt(19) === '.' ? endOfDigits(text, 20) : 19
  const offset = offsetMinutes(text, zone)
  if (offset === undefined) return undefined
  // Date.UTC takes years below 100 as years of the twentieth century, so the computation is one cycle later.
  const ms = Date.UTC(year + CYCLE_YEARS, month - 1, day, hour, minute - offset, second) - CYCLE_MS
  const decimals = Math.max(0, Math.min(zone - 20, 6))
  return ms * 1000 + digits(text, 20, 20 + decimals) * 10 ** (6 - decimals)
}

/**
 * Reads the characters of a range, all of them digits, as a number. Captures of a regular expression would cost more than all the rest.
 */
function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) number = number * 10 + text.charCodeAt(at) - 48
  return number
}

function endOfDigits(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
  return at
}

/** Returns the minutes of an offset `Z`, `+hh:mm`, `-hhmm` or none; undefined when it is not a valid offset. */
function offsetMinutes(text: string, at: number): number | undefined {
  const sign = text.charAt(at)
  if (sign !== '+' && sign !== '-') return 0
  const [hours, minutes] = [digits(text, at + 1, at + 3), digits(text, text.length - 2, text.length)]
  if (hours > 23 || minutes > 59) return undefined
  return (hours * 60 + minutes) * (sign === '-' ? -1 : 1)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Formats an instant as `2026-11-20T17:09:01.123456Z`, the form of timestamps in answers. */
export function formatTimestamp(us: Micros): string {
  const ms = Math.floor(us / 1000)
  const rest = us - ms * 1000
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Returns the first instant of the hour that contains this instant. */
export const hourOf = (at: Micros): Micros => Math.floor(at / HOUR) * HOUR

/** Returns the first day of the instant's UTC calendar month as PostgreSQL's `date`: `2026-11-01`. */
export function monthOf(us: Micros): string {
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 7)}-01`
}

/** Returns the first day of the month that is `count` months later, or earlier when negative. */
export function addMonths(month: string, count: number): string {
  const [year, index] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, index - 1 + count, 1)).toISOString().slice(0, 10)
}

/** Returns the first instant of a month that is given by its first day. */
export function monthStart(month: string): Micros {
  return Date.parse(`${month}T00:00:00Z`) * 1000
}

/**
 * Parses a timestamptz as PostgreSQL prints it under `timezone = UTC` and `datestyle = ISO`: `2026-11-20 17:09:01.123456+00`. Covers the
 * years 100 to 9999; returns NaN for anything else, such as `infinity`.
 */
export function fromPostgres(text: string): Micros {
  if (text[4] !== '-' || text.endsWith('BC')) return Number.NaN
  const ms = Date.UTC(
    two(text, 0) * 100 + two(text, 2),
    two(text, 5) - 1,
    two(text, 8),
    two(text, 11),
    two(text, 14),
    two(text, 17),
  )
  return ms * 1000 + Number(text.slice(20, -3).padEnd(6, '0'))
}

/** Reads two digits as a number. Takes a third of the time of Date.parse, which matters because every returned row needs it. */
const two = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528

/** Formats an instant as `2026-11-20 17:09:01.123456+00`, for the years that `fromPostgres` reads. */
export const toPostgres = (at: Micros): string => `${formatTimestamp(at).slice(0, -1).replace('T', ' ')}+00`

/** Turns `2026-11-20 17:09:01.5+00`, as PostgreSQL prints it in UTC, into `2026-11-20T17:09:01.500000Z`. */
export const toWire = (ts: string): string =>
  `${ts.slice(0, 10)}T${ts.slice(11, 19)}.${ts.slice(20, -3).padEnd(6, '0')}Z`
