// Verdicts on our own JSON, as columns.
import { unhurried } from '@penstock/shared/base/unhurried.ts'
import { collectPoints, type NamedColumns } from '@penstock/shared/points/named-columns.ts'
import { judgeEntries, type Rejection } from '@penstock/shared/points/verdicts.ts'
import type { DecodeContext } from './protocols/collector.ts'

export interface JudgedMetrics {
  readonly points: NamedColumns
  /** Sorted by index. */
  readonly rejections: readonly Rejection[]
}

/** Entries that are judged in one piece: with 10,000 labels each, which is far too many, they take 15 ms. */
const JUDGED_AT_ONCE = 2

/** Judges entries that were parsed from Penstock's own JSON, in pieces, so that other requests can run in between. */
export async function judgeMetrics(
  { tenant, limits, now, memory }: DecodeContext,
  entries: readonly unknown[],
): Promise<JudgedMetrics> {
  const points = collectPoints()
  const rejections: Rejection[] = []
  const pause = unhurried()
  points.reserve(entries.length)
  for (let from = 0; from < entries.length; from += JUDGED_AT_ONCE) {
    const part = judgeEntries(entries.slice(from, from + JUDGED_AT_ONCE), tenant, limits, now, from)
    for (const point of part.points)
      points.add(point.index, points.placeOf(memory.know(point)), point.at ?? Number.NaN, point.value)
    rejections.push(...part.rejections)
    if (from + JUDGED_AT_ONCE >= entries.length) break
    await pause()
    points.paused()
  }
  return { points: points.columns, rejections }
}
