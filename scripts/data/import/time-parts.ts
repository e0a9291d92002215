// Patterns for the parts of a time in files, and the instant that the parts make.
import { DAY, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'

/** `naive` is true when the text has no offset; `at` then treats the time as UTC. */
export interface Parsed {
  readonly at: Micros
  readonly naive: boolean
}

const CLOCK =
  '(?<hour>\\d{1,2})[:.](?<minute>\\d\\d)(?:[:.](?<second>\\d\\d)(?:[.,](?<fraction>\\d+))?)?(?:\\s*(?<half>[AaPp])\\.?[Mm]\\.?)?'
/** Names of other zones are ambiguous: CST is used on three continents. */
const OFFSET = '\\s*(?<offset>[Zz]|(?:UTC|GMT)(?![+-])|(?:UTC|GMT)?[+-]\\d\\d(?::?\\d\\d)?)(?: UTC)?(?: \\(.*\\))?'
const BEHIND = (separator: string) => `(?:${separator}${CLOCK})?(?:${OFFSET})?$`

export const ISO = new RegExp(`^(?<year>\\d{4})([-/.])(?<month>\\d{1,2})\\2(?<day>\\d{1,2})${BEHIND('(?:[Tt]|,? +)')}`)
/** Years of two digits are accepted only with slashes, because 24-11-12 may have any order of parts. */
export const SLASHED = new RegExp(
  `^(?<a>\\d{1,2})(?:/(?<b>\\d{1,2})/(?<year>\\d{4}|\\d{2})|-(?<b2>\\d{1,2})-(?<year2>\\d{4}))${BEHIND('(?:,?[Tt ]\\s*)')}`,
)
export const DOTTED = new RegExp(
  `^(?<day>\\d{1,2})\\.(?<month>\\d{1,2})\\.(?<year>\\d{4}|\\d{2})${BEHIND('(?:,?[Tt ]\\s*)')}`,
)
/** `Mon, 02 Nov 2026 00:10:00 GMT`, `2-Nov-2026 00:10`, and Apache's `02/Nov/2026:00:10:00 +0100`. */
export const DAY_FIRST = new RegExp(
  `^(?:[A-Za-z]{3,9},? +)?(?<day>\\d{1,2})[ /-](?<month>[A-Za-z]{3,9})[ /-](?<year>\\d{4})${BEHIND('(?:,? +|[T:])')}`,
)
/** `Nov 2, 2026 00:10`, `Mon Nov 02 2026 00:10:00 GMT+0100`. */
export const MONTH_FIRST = new RegExp(
  `^(?:[A-Za-z]{3,9},? +)?(?<month>[A-Za-z]{3,9}) +(?<day>\\d{1,2}),? +(?<year>\\d{4})${BEHIND(',? +')}`,
)
export const COMPACT = new RegExp(
  `^(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)(?:[T ]?(?<hour>\\d\\d)(?<minute>\\d\\d)(?<second>\\d\\d)?(?:\\.(?<fraction>\\d+))?)?(?:${OFFSET})?$`,
)
/** The same date with a time of day with colons, as two columns give it. */
export const COMPACT_DATE = new RegExp(`^(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)${BEHIND('(?:[T ])')}`)
export const CLOCK_ALONE = new RegExp(`^(?:${CLOCK}(?:${OFFSET})?|\\d{1,2})$`)

export const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

type Groups = Readonly<Record<string, string | undefined>>

/** Returns the instant of these parts, which may end the day at 24:00; undefined for a day or a time of day that does not exist. */
export function toParsed(
  { year = '', day, fraction, half, offset, ...clock }: Groups,
  month: string | undefined,
): Parsed | undefined {
  const { hour = '0', minute = '00', second = '00' } = clock
  const hours = hourOfDay(Number(hour), half?.toLowerCase())
  if (hours === undefined) return undefined
  const isEnd = hours === 24 && Number(minute) === 0 && Number(second) === 0 && Number(fraction ?? 0) === 0
  const date = `${year.length === 2 ? `20${year}` : year}-${two(month)}-${two(day)}`
  const time = `${two(String(isEnd ? 0 : hours))}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`
  const at = parseTimestamp(`${date}T${time}${zoneOf(offset)}`)
  return at === undefined ? undefined : { at: isEnd ? at + DAY : at, naive: offset === undefined }
}

const two = (part: string | undefined): string => (part ?? '').padStart(2, '0')

/** Returns the offset in RFC 3339's form. */
function zoneOf(offset: string | undefined): string {
  if (offset === undefined) return ''
  const digits = offset.replace(/^(?:UTC|GMT)/, '')
  if (digits === '' || digits.toUpperCase() === 'Z') return 'Z'
  return digits.length === 3 ? `${digits}:00` : digits
}

/** Returns undefined for an hour that a twelve-hour clock does not show. */
function hourOfDay(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half === 'p' ? 12 : 0)
}
