// Decides which days of which tenants a run compacts.

import { hourOf, type Micros } from '../base/time.ts'
import { WIDE } from '../points/log-rows.ts'
import type { DayPlan } from './compact-day.ts'
import { type DueLimits, hasEnough, isDayDue } from './due.ts'
import type { WaitingPoints } from './queries.ts'

/** Approximate maximum of points in one compaction: about 50 MB of memory, and a transaction of a second or two. */
const MOST_POINTS = 500_000

/**
 * Returns the days with due points, the oldest of each tenant first. With `all`, every waiting point is due. A day with only blocks that
 * are not due is not included.
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
