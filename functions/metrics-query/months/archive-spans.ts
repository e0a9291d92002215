// A stretch of time, cut where it is read from the archive.
import { addMonths, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { ArchivedObject } from './archive-reading.ts'
import type { AwayMonth } from './month-queries.ts'

/** Both ends inside. */
export interface ArchiveSpan {
  readonly from: Micros
  readonly to: Micros
  /** Where the points are; undefined: in the database. */
  readonly object: ArchivedObject | undefined
}

/** A span of one object. */
export type ObjectSpan = ArchiveSpan & { readonly object: ArchivedObject }

/**
 * A stretch of time, oldest first: a month that is away is a span of its own, and absent where there is nothing of the tenant in the
 * archive; what is between them is of the database.
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

/** Returns the parts of a stretch that are archived, oldest first. */
export const archivedIn = (away: readonly AwayMonth[], from: Micros, to: Micros): readonly ObjectSpan[] =>
  cutArchive(away, from, to).filter((span): span is ObjectSpan => span.object !== undefined)
