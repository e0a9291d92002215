// Timestamps as files have them.
import { type Micros, parseTimestamp, SECOND } from '@penstock/shared/time.ts'
import type { Certainty, Zone } from './zone.ts'

/** How times are written. `iso` also takes a space for the T, no seconds, and a date alone, which is its midnight. */
export const timeFormats = ['iso', 'M/D/YYYY', 'D/M/YYYY', 'unix-s', 'unix-ms'] as const
export type TimeFormat = (typeof timeFormats)[number]

type SlashOrder = 'M/D/YYYY' | 'D/M/YYYY'

/** The instant of a text; undefined when it is no time in the reader's format. Finer than a microsecond is cut off. */
export type ReadTime = (text: string) => Micros | undefined

const ISO = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d(?:[.,]\d+)?))?)?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?$/
const SLASHED =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,?[Tt ]\s*(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:\s*([AaPp])[Mm])?)?$/
const NUMBER = /^\d{1,14}(?:\.\d+)?$/

/** Reads times of one format; those without an offset are clock times of the zone. `onDoubt` hears of each that left a choice. */
export function createTimeReader(
  format: TimeFormat,
  zone: Zone,
  onDoubt: (certainty: Exclude<Certainty, 'exact'>) => void = () => {},
): ReadTime {
  const inZone = (local: Micros): Micros => {
    const { at, certainty } = zone.instantOf(local)
    if (certainty !== 'exact') onDoubt(certainty)
    return at
  }
  const slashed = (text: string, order: SlashOrder) => {
    const local = readSlashed(text, order)
    return local === undefined ? undefined : inZone(local)
  }
  const readers: Readonly<Record<TimeFormat, ReadTime>> = {
    iso: createIsoReader(inZone),
    'M/D/YYYY': (text) => slashed(text, 'M/D/YYYY'),
    'D/M/YYYY': (text) => slashed(text, 'D/M/YYYY'),
    'unix-s': (text) => readUnix(text, 6),
    'unix-ms': (text) => readUnix(text, 3),
  }
  const read = readers[format]
  return (text) => read(text) ?? read(text.trim())
}

/**
 * What the numbers of a slashed date say of their order: a number above 12 is no month. Undefined when they leave it open, or it is no
 * such date.
 */
export function slashOrder(text: string): SlashOrder | undefined {
  const match = SLASHED.exec(text.trim())
  if (!match) return undefined
  if (Number(match[2]) > 12) return 'M/D/YYYY'
  return Number(match[1]) > 12 ? 'D/M/YYYY' : undefined
}

/** `naive`: the text left its offset open, and `at` is as if it were UTC. */
interface Parsed {
  readonly at: Micros
  readonly naive: boolean
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
      last = { before, behind, hour: parseIso(`${before}00:00${behind}`) }
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

function parseIso(text: string): Parsed | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, date, minute = '00:00', second = '00', offset] = match
  const zone = offset === undefined ? '' : offset.length === 3 ? `${offset}:00` : offset
  const at = parseTimestamp(`${date}T${minute}:${second.replace(',', '.')}${zone}`)
  return at === undefined ? undefined : { at, naive: offset === undefined }
}

function readSlashed(text: string, order: SlashOrder): Micros | undefined {
  const match = SLASHED.exec(text)
  if (!match) return undefined
  const two = (part: string | undefined) => (part ?? '0').padStart(2, '0')
  const hour = hourOfDay(Number(match[4] ?? 0), match[7]?.toLowerCase())
  if (hour === undefined) return undefined
  const [month, day] = order === 'M/D/YYYY' ? [match[1], match[2]] : [match[2], match[1]]
  return parseTimestamp(
    `${match[3]}-${two(month)}-${two(day)}T${two(String(hour))}:${two(match[5])}:${match[6] ?? '00'}`,
  )
}

/** Undefined for an hour that a clock of twelve does not show. */
function hourOfDay(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half === 'p' ? 12 : 0)
}

/** A number of units of which a microsecond is the `digits`th decimal. None is before 1970: that is no history. */
function readUnix(text: string, digits: number): Micros | undefined {
  if (!NUMBER.test(text)) return undefined
  const [whole = '', fraction = ''] = text.split('.')
  const at = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return Number.isSafeInteger(at) ? at : undefined
}
