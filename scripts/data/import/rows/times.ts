// Parses timestamps in the formats of files.
import { type Micros, SECOND } from '@penstock/shared/base/time.ts'
import {
  CLOCK_ALONE,
  COMPACT,
  COMPACT_DATE,
  DAY_FIRST,
  DOTTED,
  ISO,
  MONTH_FIRST,
  MONTHS,
  type Parsed,
  SLASHED,
  toParsed,
} from '../time-parts.ts'
import type { Certainty, Zone } from './zone.ts'

/**
 * The supported formats. Each one except Unix time may have a time of day after its date (`24:00` too), and then an offset, `Z`, `UTC` or
 * `GMT`.
 */
export const timeFormats = [
  'iso',
  'M/D/YYYY',
  'D/M/YYYY',
  'D.M.YYYY',
  'D Mon YYYY',
  'YYYYMMDD',
  'unix-s',
  'unix-ms',
  'unix-us',
  'unix-ns',
] as const
export type TimeFormat = (typeof timeFormats)[number]

type SlashOrder = 'M/D/YYYY' | 'D/M/YYYY'

/** Returns the instant of a text; undefined when the text does not have the reader's format. Fractions of a microsecond are cut off. */
export type ReadTime = (text: string) => Micros | undefined

/** Chooses between the two instants of a clock time that is shown twice. */
export type ChooseInstant = (local: Micros, first: Micros, second: Micros) => Micros

/**
 * Makes a reader of times in one format; a time without an offset is a clock time of the zone. `onDoubt` is called for each ambiguous or
 * missing time. For a time that clocks show twice, `choose` selects the instant: the first one by default.
 */
export function createTimeReader(
  format: TimeFormat,
  zone: Zone,
  onDoubt: (certainty: Exclude<Certainty, 'exact'>) => void = () => {},
  choose: ChooseInstant = (_, first) => first,
): ReadTime {
  const inZone = (local: Micros): Micros => {
    const { at, certainty, second } = zone.instantOf(local)
    if (certainty !== 'exact') onDoubt(certainty)
    return second === undefined ? at : choose(local, at, second)
  }
  const by = (parse: (text: string) => Parsed | undefined): ReadTime => {
    return (text) => {
      const parsed = parse(text)
      return parsed?.naive ? inZone(parsed.at) : parsed?.at
    }
  }
  const readers: Readonly<Record<TimeFormat, ReadTime>> = {
    iso: createIsoReader(inZone),
    'M/D/YYYY': by((text) => parseSlashed(text, 'M/D/YYYY')),
    'D/M/YYYY': by((text) => parseSlashed(text, 'D/M/YYYY')),
    'D.M.YYYY': by(parseDotted),
    'D Mon YYYY': by(parseNamed),
    YYYYMMDD: by(parseCompact),
    'unix-s': (text) => readUnix(text, 6),
    'unix-ms': (text) => readUnix(text, 3),
    'unix-us': (text) => readUnix(text, 0),
    'unix-ns': (text) => (/^\d{4,20}$/.test(text) ? readUnix(text.slice(0, -3), 0) : undefined),
  }
  const read = readers[format]
  return (text) => read(text) ?? read(text.trim())
}

/** Returns true for a time of day, or for the whole hour of one. */
export const isTimeOfDay = (text: string): boolean => CLOCK_ALONE.test(text.trim())

/**
 * Returns the order of day and month that a slashed date shows, because a number above 12 is not a month. Undefined when it shows none,
 * or the text is not such a date.
 */
export function slashOrder(text: string): SlashOrder | undefined {
  const match = SLASHED.exec(text.trim())?.groups
  if (!match) return undefined
  if (Number(match['b'] ?? match['b2']) > 12) return 'M/D/YYYY'
  return Number(match['a']) > 12 ? 'D/M/YYYY' : undefined
}

/**
 * Reads the format `iso`. Consecutive rows usually differ only in minutes and seconds, so the parts before and after them are parsed
 * once, which saves most of the time.
 */
function createIsoReader(inZone: (local: Micros) => Micros): ReadTime {
  let last: { before: string; behind: string; hour: Parsed | undefined } = { before: '', behind: '', hour: undefined }
  return (text) => {
    const [before, behind] = [text.slice(0, MINUTE_AT), text.slice(SECONDS_END)]
    if (before !== last.before || behind !== last.behind) {
      last = { before, behind, hour: hourOf(before, behind) }
    }
    const seconds = last.hour && secondsOfHour(text)
    const parsed =
      last.hour && seconds !== undefined
        ? { at: last.hour.at + seconds * SECOND, naive: last.hour.naive }
        : parseIso(text)
    return parsed?.naive ? inZone(parsed.at) : parsed?.at
  }
}

/** The positions in `2026-11-20 17:09:01` where the minutes begin and the seconds end. */
const MINUTE_AT = 14
const SECONDS_END = 19

/** Returns the seconds in the hour for a text with minutes and seconds at these positions. */
function secondsOfHour(text: string): number | undefined {
  const minute = twoDigits(text, MINUTE_AT)
  const second = twoDigits(text, SECONDS_END - 2)
  return text[MINUTE_AT + 2] === ':' && minute < 60 && second < 60 ? minute * 60 + second : undefined
}

/** Returns NaN for anything but two digits. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const ZERO = 48
const NUMBER = /^\d{1,17}(?:\.\d+)?$/

/** The hour 24 allows no minutes, so the whole hour is parsed separately. */
const hourOf = (before: string, behind: string): Parsed | undefined =>
  before.endsWith('24:') ? undefined : parseIso(`${before}00:00${behind}`)

function parseIso(text: string): Parsed | undefined {
  const match = ISO.exec(text)?.groups
  return match && toParsed(match, match['month'])
}

function parseSlashed(text: string, order: SlashOrder): Parsed | undefined {
  const match = SLASHED.exec(text)?.groups
  if (!match) return undefined
  const [a, b] = [match['a'], match['b'] ?? match['b2']]
  const [month, day] = order === 'M/D/YYYY' ? [a, b] : [b, a]
  return toParsed({ ...match, day, year: match['year'] ?? match['year2'] }, month)
}

function parseDotted(text: string): Parsed | undefined {
  const match = DOTTED.exec(text)?.groups
  return match && toParsed(match, match['month'])
}

function parseNamed(text: string): Parsed | undefined {
  const match = (DAY_FIRST.exec(text) ?? MONTH_FIRST.exec(text))?.groups
  const month = match && MONTHS.indexOf(String(match['month']).slice(0, 3).toLowerCase()) + 1
  return month ? toParsed(match, String(month)) : undefined
}

function parseCompact(text: string): Parsed | undefined {
  const match = (COMPACT.exec(text) ?? COMPACT_DATE.exec(text))?.groups
  return match && toParsed(match, match['month'])
}

/**
 * Reads Unix time in a unit whose `digits`th decimal is a microsecond. Negative numbers are refused, because no history is before 1970.
 */
function readUnix(text: string, digits: number): Micros | undefined {
  const [whole = '', fraction = ''] = text.split('.')
  if (!NUMBER.test(text) || (digits > 0 && whole.length > 14)) return undefined
  const at = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return Number.isSafeInteger(at) ? at : undefined
}
