// Verdicts on our own JSON, as columns.
import { unhurried } from '@penstock/shared/base/unhurried.ts'
import { collectPoints, type NamedColumns } from '@penstock/shared/points/named-columns.ts'
import { entryJudge, type Rejection } from '@penstock/shared/points/verdicts.ts'
import type { DecodeContext } from './protocols/collector.ts'

export interface JudgedMetrics {
  readonly points: NamedColumns
  /** Sorted by index. */
  readonly rejections: readonly Rejection[]
}

/** Entries between two looks at the clock. Each takes a millisecond if its labels have 10,000 names, the most that the parser accepts. */
const JUDGED_AT_ONCE = 4

/** Judges entries that were parsed from Penstock's own JSON, in pieces, so that other requests can run in between. */
export async function judgeMetrics(
  { tenant, limits, now, memory }: DecodeContext,
  entries: readonly unknown[],
): Promise<JudgedMetrics> {
  const points = collectPoints()
  const rejections: Rejection[] = []
  const judge = entryJudge(tenant, limits, now)
  const pause = unhurried()
  points.reserve(entries.length)
  for (let index = 0; index < entries.length; index++) {
    const verdict = judge(entries[index], index)
    if ('errors' in verdict) rejections.push(verdict)
    else points.add(index, points.placeOf(memory.know(verdict)), verdict.at ?? Number.NaN, verdict.value)
    const paused = index % JUDGED_AT_ONCE === 0 ? pause() : undefined
    if (!paused) continue
    await paused
    points.paused()
  }
  return { points: points.columns, rejections }
}
