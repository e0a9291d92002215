// Brings an archived month back when points for it arrive late, unless they repeat what is stored.

import { wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { monthTable, POINTS } from '@penstock/shared/months/month-table.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { selectObjects } from '../objects/archive-queries.ts'
import { isOver } from '../policy.ts'
import { failureOf, type MonthDeps } from './month-deps.ts'
import { type ReopenDeps, reopenMonth } from './reopen.ts'
import { deleteLatePoints, type LatePoint, selectLatePoints, selectMonthsToReopen } from './reopen-queries.ts'

export type LatePointsDeps = ReopenDeps &
  Pick<MonthDeps, 'now' | 'deadline'> & {
    readonly limits: MonthDeps['limits'] & {
      /** Minimum milliseconds between two automatic reopenings of a month. */
      readonly reopenEveryMs: number
      /** Maximum points that are compared with the archive; when more arrived, the month is reopened. */
      readonly comparedPoints: number
    }
  }

export interface LatePointsDone {
  /** True when the time limit ended the work early. */
  readonly more: boolean
  readonly errors: readonly string[]
}

/**
 * Reopens every archived month that points wait for. When all waiting points of a month are stored with the same values already, they are
 * deleted instead. A failing month does not stop the others. Safe to repeat and to interrupt anywhere.
 */
export async function reopenForLatePoints(deps: LatePointsDeps): Promise<LatePointsDone> {
  const since = formatTimestamp((deps.now() - deps.limits.reopenEveryMs) * 1000)
  const months = await deps.db.readAll((tx) => selectMonthsToReopen(tx, since))
  const errors: string[] = []
  for (const month of months) {
    if (isOver(deps)) return { more: true, errors }
    await deps.renew()
    try {
      if (!(await forgetStored(deps, month))) await reopenMonth(deps, month)
    } catch (error) {
      await deps.renew()
      errors.push(failureOf(month, error))
    }
  }
  return { more: false, errors }
}

/**
 * Deletes the points that wait for a month when all of them are in the archive already. Points that arrive in the meantime are compared
 * by the next run.
 */
async function forgetStored(deps: LatePointsDeps, month: string): Promise<boolean> {
  const range = monthTable(POINTS, month)
  const { comparedPoints } = deps.limits
  const { points, objects } = await deps.db.readAll(async (tx) => ({
    points: await selectLatePoints(tx, range, comparedPoints + 1),
    objects: await selectObjects(tx, month),
  }))
  if (points.length > comparedPoints) return false
  // The last accepted value of a key counts.
  const missing = new Map(
    points.map((point) => [keyOf(point.tenantId, point.identity, fromPostgres(point.ts)), point.value]),
  )
  for (const object of objects.filter(({ state }) => state === 'verified')) {
    const identities = identitiesOf(points, object.tenantId)
    if (identities.size === 0) continue
    let last: { readonly series: SeriesName; readonly identity: string } | undefined
    for await (const { series, at, value } of wholeRows(deps, object)) {
      if (last?.series !== series) last = { series, identity: seriesIdentity(series) }
      if (!identities.has(last.identity)) continue
      for (const [i, instant] of at.entries()) {
        const key = keyOf(object.tenantId, last.identity, instant)
        if (missing.get(key) === value[i]) missing.delete(key)
      }
    }
  }
  if (missing.size > 0) return false
  await deps.db.writeAll((tx) => deleteLatePoints(tx, points))
  return true
}

const keyOf = (tenantId: number, identity: string, at: number): string => `${tenantId} ${identity} ${at}`

const identitiesOf = (points: readonly LatePoint[], tenantId: number): ReadonlySet<string> =>
  new Set(points.filter((point) => point.tenantId === tenantId).map(({ identity }) => identity))
