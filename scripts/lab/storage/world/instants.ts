// The months and instants that the checker writes to. They are few, so that everything collides.
import { addMonths, DAY, HOUR, type Micros, monthStart, parseTimestamp, SECOND } from '@penstock/shared/base/time.ts'

/** Months that stay in the database and have a partition; the first one comes and goes. */
export const HOT_MONTHS = ['2026-10-01', '2026-11-01'] as const
/** Months that are archived and brought back; the second one has a partition at the beginning. */
export const ARCHIVED_MONTHS = ['2026-05-01', '2026-06-01'] as const
/** Months that are archived and then expire, one after the other. */
export const OLD_MONTHS: readonly string[] = Array.from({ length: 8 }, (_, i) => addMonths('2025-01-01', i))
/** A month with a point that is never archived, so that expiry ends before it. */
export const LAST_OLD_MONTH = '2025-12-01'

const FIRST = parseTimestamp('2026-10-31T22:59:00Z') ?? 0
/** An instant in a month that has no partition. */
const AWAY = parseTimestamp('2026-08-10T00:00:00Z') ?? 0

const series = (begin: Micros, count: number): Micros[] =>
  Array.from({ length: count }, (_, i) => begin + i * 17 * SECOND)

/** Two hours of each of two days and months, and one hour of a month without a partition. */
export const BUSY: readonly Micros[] = [0, HOUR, 2 * HOUR, DAY]
  .flatMap((begin) => series(FIRST + begin, 10))
  .concat(AWAY, AWAY + SECOND)

/** Instants of a day that few writes touch. */
export const QUIET: readonly Micros[] = Array.from({ length: 4 }, (_, i) => FIRST + 3 * DAY + i * SECOND)

/** An hour of each of two months that are archived, and an hour with one point. */
export const ARCHIVED: readonly Micros[] = [
  ...series(monthStart('2026-06-01') - 3 * HOUR, 1),
  ...series(monthStart('2026-06-01') - HOUR, 6),
  ...series(monthStart('2026-06-01'), 6),
  ...series(monthStart('2026-06-01') + 2 * HOUR, 1),
]

export const OLD: readonly Micros[] = OLD_MONTHS.flatMap((month) => series(monthStart(month) + DAY, 2))
