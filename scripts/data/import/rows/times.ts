// Timestamps as files have them.
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
 * How times are written. Each but those since 1970 may have a time of day behind its date, `24:00` among them, and an offset, `Z`, `UTC`
 * or `GMT` behind that.
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

/** The instant of a text; undefined when it is no time in the reader's format. Finer than a microsecond is cut off. */
export type ReadTime = (text: string) => Micros | undefined

/** Chooses between the two instants of a clock time that is shown twice. */
export type ChooseInstant = (local: Micros, first: Micros, second: Micros) => Micros

/**
 * Reads times of one format; those without an offset are clock times of the zone. `onDoubt` hears of each that left a choice, which
 * `choose` makes where clocks show a time twice: the first instant by default.
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

/** Whether a text is a time of day, or the whole hour of one. */
export const isTimeOfDay = (text: string): boolean => CLOCK_ALONE.test(text.trim())

/**
 * What the numbers of a slashed date say of their order: a number above 12 is no month. Undefined when they leave it open, or it is no
 * such date.
 */
export function slashOrder(text: string): SlashOrder | undefined {
  const match = SLASHED.exec(text.trim())?.groups
  if (!match) return undefined
  if (Number(match['b'] ?? match['b2']) > 12) return 'M/D/YYYY'
  return Number(match['a']) > 12 ? 'D/M/YYYY' : undefined
}

/**
 * Reads the format `iso`. Neighbouring rows mostly differ in their minutes and seconds alone: what the last row had before and behind
 * these is not parsed again, which saves most of the time.
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

/** In `2026-11-20 17:09:01` the minutes begin and the seconds end here. */
const MINUTE_AT = 14
const SECONDS_END = 19

/** Of a text with whole minutes and seconds in their places. */
function secondsOfHour(text: string): number | undefined {
  const minute = twoDigits(text, MINUTE_AT)
  const second = twoDigits(text, SECONDS_END - 2)
  return text[MINUTE_AT + 2] === ':' && minute < 60 && second < 60 ? minute * 60 + second : undefined
}

/** NaN where there is something else than two digits. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const ZERO = 48
const NUMBER = /^\d{1,17}(?:\.\d+)?$/

/** The whole hour 24 has no minutes, so it is read for itself. */
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

/** A number of units of which a microsecond is the `digits`th decimal. None is before 1970: that is no history. */
function readUnix(text: string, digits: number): Micros | undefined {
  const [whole = '', fraction = ''] = text.split('.')
  if (!NUMBER.test(text) || (digits > 0 && whole.length > 14)) return undefined
  const at = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return Number.isSafeInteger(at) ? at : undefined
}
