// Decides when points of the log are moved into chunks.
import { DAY, HOUR, type Micros } from '../base/time.ts'

export interface DueLimits {
  /** A block's day with more points than this from before the last full hour is due; with 0 everything is due in every run. */
  readonly minPoints: number
  /** A block's day with more points than this is due, whatever their hours. */
  readonly manyPoints: number
  /** Maximum milliseconds that points wait which arrive after their day was compacted. */
  readonly mergeMs: number
}

/** The waiting points of a block and UTC day. */
export interface Waiting {
  readonly points: number
  /** Points from before the last full hour. */
  readonly settled: number
}

/** Returns true when a day is due as a whole: it ended an hour ago and was not compacted since, or not for `mergeMs`. */
export function isDayDue(day: Micros, compactedAt: Micros | null, now: Micros, { mergeMs }: DueLimits): boolean {
  const ended = day + DAY + HOUR
  if (now < ended) return false
  return compactedAt === null || compactedAt < ended || compactedAt + mergeMs * 1000 <= now
}

/** Returns true when a block's day has enough points: compacting few costs more than leaving them. */
export function hasEnough({ points, settled }: Waiting, { minPoints, manyPoints }: DueLimits): boolean {
  return minPoints === 0 || settled > minPoints || points > manyPoints
}
