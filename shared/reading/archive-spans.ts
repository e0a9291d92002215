// Splits a range into spans that are read from the archive or from the database.
import { addMonths, type Micros, monthStart } from '../base/time.ts'
import type { ArchivedObject } from './archive-reading.ts'
import type { AwayMonth } from './month-queries.ts'

/** Both ends are inclusive. */
export interface ArchiveSpan {
  readonly from: Micros
  readonly to: Micros
  /** The object with the points; undefined when they are in the database. */
  readonly object: ArchivedObject | undefined
}

/** A span of one object. */
export type ObjectSpan = ArchiveSpan & { readonly object: ArchivedObject }

/**
 * Splits a range, oldest first. An archived month is a span of its own, and is left out when the tenant has nothing in it; the ranges
 * between are in the database.
 */
export function cutArchive(away: readonly AwayMonth[], from: Micros, to: Micros): readonly ArchiveSpan[] {
  const spans: ArchiveSpan[] = []
  let next = from
  for (const { month, object } of away) {
    const [begin, end] = [monthStart(month), monthStart(addMonths(month, 1)) - 1]
    if (end < next || begin > to) continue
    if (begin > next) spans.push({ from: next, to: begin - 1, object: undefined })
    if (object) spans.push({ from: Math.max(next, begin), to: Math.min(to, end), object })
    next = end + 1
  }
  if (next <= to) spans.push({ from: next, to, object: undefined })
  return spans
}

/** Returns the archived parts of a range, oldest first. */
export const archivedIn = (away: readonly AwayMonth[], from: Micros, to: Micros): readonly ObjectSpan[] =>
  cutArchive(away, from, to).filter((span): span is ObjectSpan => span.object !== undefined)
