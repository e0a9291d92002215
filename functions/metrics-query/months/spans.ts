// Decides which part of a range is read from which place.
import { addMonths, HOUR, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import type { AwayMonth } from '@penstock/shared/reading/month-queries.ts'

/** Both ends are inclusive. */
export interface Span {
  readonly from: Micros
  readonly to: Micros
}

/** Parts of a range, oldest first in each list. They do not overlap, and together are the range. */
export interface Spans {
  /** Whole hours of months whose points are in the database. The invalid ones among them are read from points. */
  readonly rollups: readonly Span[]
  /** Whole hours of months whose points are archived and whose roll-ups are in the database. None of them is invalid. */
  readonly awayRollups: readonly Span[]
  readonly points: readonly Span[]
  /** Parts of archived months that only points can answer. */
  readonly away: readonly Span[]
}

export interface Cutting extends Span {
  /** True when hours are fine enough and can be summed, because no percentiles are requested. */
  readonly byHours: boolean
  readonly watermark: Micros
  /** Archived months, oldest first. */
  readonly awayMonths: readonly Pick<AwayMonth, 'month' | 'hasRollups'>[]
}

/** Splits a range: roll-ups where they are sufficient, points elsewhere. */
export function cutSpans({ from, to, byHours, watermark, awayMonths }: Cutting): Spans {
  const spans = { rollups: [] as Span[], awayRollups: [] as Span[], points: [] as Span[], away: [] as Span[] }
  for (const { from: begin, to: end, isAway, hasRollups } of cutMonths({ from, to }, awayMonths)) {
    const rest = isAway ? spans.away : spans.points
    const first = Math.ceil(begin / HOUR) * HOUR
    const wholeHours = Math.floor((end + 1) / HOUR) * HOUR
    // Points are archived only where the watermark has passed.
    const after = isAway ? wholeHours : Math.min(wholeHours, watermark)
    if (!byHours || !hasRollups || first >= after) {
      rest.push({ from: begin, to: end })
      continue
    }
    if (begin < first) rest.push({ from: begin, to: first - 1 })
    ;(isAway ? spans.awayRollups : spans.rollups).push({ from: first, to: after - 1 })
    if (after <= end) rest.push({ from: after, to: end })
  }
  return spans
}

interface Piece extends Span {
  readonly isAway: boolean
  readonly hasRollups: boolean
}

/** Splits the range at month boundaries where "points are archived" or "roll-ups are missing" changes. */
function cutMonths({ from, to }: Span, awayMonths: Cutting['awayMonths']): readonly Piece[] {
  const pieces: Piece[] = []
  const add = (piece: Piece) => {
    if (piece.from > piece.to) return
    const last = pieces.at(-1)
    if (last?.isAway === piece.isAway && last.hasRollups === piece.hasRollups)
      pieces[pieces.length - 1] = { ...last, to: piece.to }
    else pieces.push(piece)
  }
  let next = from
  for (const { month, hasRollups } of awayMonths) {
    const begin = Math.max(from, monthStart(month))
    const end = Math.min(to, monthStart(addMonths(month, 1)) - 1)
    if (end < begin) continue
    add({ from: next, to: begin - 1, isAway: false, hasRollups: true })
    add({ from: begin, to: end, isAway: true, hasRollups })
    next = end + 1
  }
  add({ from: next, to, isAway: false, hasRollups: true })
  return pieces
}

/** Returns the value of the header `Penstock-Source` for an answer that also used these spans of the archive. */
export const sourceOf = ({ rollups, awayRollups, points }: Spans, archived: readonly Span[]): string =>
  [
    ...(rollups.length + awayRollups.length > 0 ? ['rollups'] : []),
    ...(points.length > 0 ? ['points'] : []),
    ...(archived.length > 0 ? ['archive'] : []),
  ].join(', ')
