// Functions of the calendar, in UTC, over seconds since 1970.

const DAY_SECONDS = 86_400
/** Days of 400 years, after which the calendar repeats. */
const ERA_DAYS = 146_097
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468

interface CivilDay {
  readonly year: number
  /** January is 1. */
  readonly month: number
  readonly day: number
}

export const calendar: ReadonlyMap<string, (seconds: number) => number> = new Map([
  ['minute', (seconds) => Math.floor(secondOfDay(seconds) / 60) % 60],
  ['hour', (seconds) => Math.floor(secondOfDay(seconds) / 3_600)],
  ['day_of_week', (seconds) => modulo(daysOf(seconds) + 4, 7)],
  ['day_of_month', (seconds) => civil(seconds).day],
  ['day_of_year', (seconds) => daysOf(seconds) - firstDayOf(civil(seconds).year, 1) + 1],
  ['days_in_month', (seconds) => daysInMonth(civil(seconds))],
  ['month', (seconds) => civil(seconds).month],
  ['year', (seconds) => civil(seconds).year],
])

const daysOf = (seconds: number): number => Math.floor(Math.trunc(seconds) / DAY_SECONDS)
const secondOfDay = (seconds: number): number => modulo(Math.trunc(seconds), DAY_SECONDS)
const modulo = (value: number, size: number): number => ((value % size) + size) % size

/** Counts years from March on, so that a leap day is the last of its year. */
function civil(seconds: number): CivilDay {
  const days = daysOf(seconds) + EPOCH_DAYS
  const era = Math.floor(days / ERA_DAYS)
  const dayOfEra = days - era * ERA_DAYS
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** Returns the days from 1970 to the first day of a month. */
function firstDayOf(year: number, month: number): number {
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5)
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * ERA_DAYS + dayOfEra - EPOCH_DAYS
}

function daysInMonth({ year, month }: CivilDay): number {
  const next = month === 12 ? firstDayOf(year + 1, 1) : firstDayOf(year, month + 1)
  return next - firstDayOf(year, month)
}
