// functions/compaction/plan.ts: which days of which tenants a run compacts

import { HOUR, type Micros } from '@penstock/shared/base/time.ts'
import type { DayPlan } from '@penstock/shared/compaction/compact-day.ts'
import type { WaitingPoints } from '@penstock/shared/compaction/queries.ts'
import { WIDE } from '@penstock/shared/points/log-rows.ts'
import { type DueLimits, hasEnough, isDayDue } from './due.ts'

/** Points of one compaction, about: some 50 MB of memory, and a transaction of a second or two. */
const MOST_POINTS = 500_000

/** The first instant of the hour that this instant is in. */
export const hourOf = (at: Micros): Micros => Math.floor(at / HOUR) * HOUR

/**
 * The days that have something to do, the oldest of each tenant first. `all`: whatever waits is due. A day of which nothing but blocks that are not
 * due waits is not among them.
 */
export function planDays(
  waiting: readonly WaitingPoints[],
  limits: DueLimits,
  { now, all }: { readonly now: Micros; readonly all: boolean },
): readonly DayPlan[] {
  const days = Map.groupBy(waiting, ({ tenantId, day }) => `${tenantId} ${day}`)
  return [...days.values()]
    .map((blocks) => planDay(blocks, limits, { now, all }))
    .filter(({ wide, waiting, isDue }) => wide > 0 || [...waiting.values()].some(isDue))
    .sort((a, b) => a.day - b.day || a.tenantId - b.tenantId)
}

function planDay(
  blocks: readonly WaitingPoints[],
  limits: DueLimits,
  { now, all }: { readonly now: Micros; readonly all: boolean },
): DayPlan {
  const [first] = blocks
  if (!first) throw new Error('a day without blocks was planned')
  const { tenantId, day, compactedAt } = first
  const everything = all || isDayDue(day, compactedAt, now, limits)
  return {
    tenantId,
    day,
    wide: blocks.find(({ block }) => block === WIDE)?.points ?? 0,
    most: MOST_POINTS,
    waiting: new Map(blocks.flatMap((one) => (one.block === WIDE ? [] : [[one.block, one]]))),
    isDue: (waiting) => everything || hasEnough(waiting, limits),
    settledBefore: hourOf(now),
  }
}
