// Instants as whole microseconds since 1970, in a number: exact up to the year 2255, where a Date loses three digits.

/** Microseconds since 1970-01-01T00:00:00Z. A safe integer. */
export type Micros = number

/** The clock that handlers are given; milliseconds since 1970, as Date.now. */
export type Clock = () => number

export const SECOND = 1_000_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))?$/

/**
 * Microseconds of an RFC 3339 text with `Z`, an offset, or naive (taken as UTC); finer digits are cut off, never rounded.
 * Undefined when it is no such text or no such day. Seconds of 60 are refused: PostgreSQL would move them into the next minute.
 */
export function parseTimestamp(text: string): Micros | undefined {
  const m = RFC3339.exec(text)
  if (!m) return undefined
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59)
    return undefined
  const offset = m[8] === undefined ? 0 : (Number(m[9]) * 60 + Number(m[10])) * (m[8] === '-' ? -1 : 1)
  if (Number(m[9] ?? 0) > 23 || Number(m[10] ?? 0) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const fraction = Number((m[7] ?? '').slice(0, 6).padEnd(6, '0'))
  return (date.getTime() - offset * 60_000) * 1000 + fraction
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `2026-11-20T17:09:01.123456Z`, the form in which timestamps are answered. */
export function formatTimestamp(us: Micros): string {
  const ms = Math.floor(us / 1000)
  const rest = us - ms * 1000
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** First day of the UTC calendar month of an instant, as PostgreSQL's `date`: `2026-11-01`. */
export function monthOf(us: Micros): string {
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 7)}-01`
}

/** The month that is `count` months after (or, negative, before) a first day. */
export function addMonths(month: string, count: number): string {
  const [year, index] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, index - 1 + count, 1)).toISOString().slice(0, 10)
}

/** First instant of a month given by its first day. */
export function monthStart(month: string): Micros {
  return Date.parse(`${month}T00:00:00Z`) * 1000
}

/**
 * Microseconds of a timestamptz as PostgreSQL prints it under `timezone = UTC`, `datestyle = ISO`: `2026-11-20 17:09:01.123456+00`.
 * Of the years 100 to 9999; NaN for what is beyond, `infinity` above all.
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

/** Two digits as a number. A third of what Date.parse takes, on the way of every row that is answered. */
const two = (text: string, at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528
