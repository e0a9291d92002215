// When points of the log are moved into chunks.
import { DAY, HOUR, type Micros } from '@penstock/shared/base/time.ts'

export interface DueLimits {
  /** A block's day with more points than this from before the last full hour is due; 0: everything is due in every run. */
  readonly minPoints: number
  /** A block's day with more points than this is due, whatever their hours. */
  readonly manyPoints: number
  /** How long points that come after their day was compacted may wait. */
  readonly mergeMs: number
}

/** What is waiting of a block and UTC day. */
export interface Waiting {
  readonly points: number
  /** Those from before the last full hour. */
  readonly settled: number
}

/** Whether a day is due as a whole: it ended an hour ago and was not compacted since, or not for a while. */
export function isDayDue(day: Micros, compactedAt: Micros | null, now: Micros, { mergeMs }: DueLimits): boolean {
  const ended = day + DAY + HOUR
  if (now < ended) return false
  return compactedAt === null || compactedAt < ended || compactedAt + mergeMs * 1000 <= now
}

/** Whether a block's day has enough points: compacting few costs more than leaving them. */
export function hasEnough({ points, settled }: Waiting, { minPoints, manyPoints }: DueLimits): boolean {
  return minPoints === 0 || settled > minPoints || points > manyPoints
}
