// The list of policies, with the age at which data is due.

import { BACKFILL_JOBS, FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { DAY } from '@penstock/shared/base/time.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import type { PolicyName } from './contract.ts'
import { type ActiveSeriesDeps, countActiveSeries } from './months/active-series.ts'
import { expireArchive } from './months/expire-archive.ts'
import { archiveMetrics, dropMetrics, expireMetrics, type MetricMonthsDeps } from './months/metric-months.ts'
import { dropRollups } from './months/rollup-months.ts'
import type { Policy, PolicyCall, PolicyDeps, PolicyResult } from './policy.ts'
import { deleteAgedRows } from './rows/aging-rows.ts'
import { archiveRows } from './rows/row-archive.ts'
import { dropStoredHours } from './stored/stored-hours.ts'
import { archiveStored, expireStored, type StoredDeps } from './stored/stored-months.ts'

/** Deletes points, and takes the series that have no points any more out of their tenants' counts. */
async function deleteAndCount(deps: ActiveSeriesDeps, call: PolicyCall, deletePoints: Policy): Promise<PolicyResult> {
  const dropped = await deletePoints(call)
  if (call.dryRun) return dropped
  const { more } = await countActiveSeries(deps, call)
  return { ...dropped, more: dropped.more || more }
}

export interface DuePolicy {
  readonly name: PolicyName
  /** In microseconds; the cutoff is this long ago. */
  readonly age: number
  readonly apply: Policy
}

export type PoliciesDeps = PolicyDeps & MetricMonthsDeps & ActiveSeriesDeps & StoredDeps

/**
 * Returns all policies in the order in which a run applies them. `isLog` is true when points are stored in the log and in chunks instead of
 * rows.
 */
export function policiesOf(deps: PoliciesDeps, isLog: boolean): readonly DuePolicy[] {
  const { days } = deps
  const points = isLog ? pointsOfLog(deps) : pointsOfRows(deps)
  return [
    ...agingTables.map((table) => ({
      name: table.policy,
      age: (table.setting === null ? 0 : (days.aged[table.setting] ?? table.days)) * DAY,
      apply: async (call: PolicyCall) => await deleteAgedRows(deps, call, table),
    })),
    { name: 'rollups', age: days.rollups * DAY, apply: points.rollups },
    {
      name: 'backfill_jobs',
      age: days.backfill * DAY,
      apply: async (call) => await archiveRows(deps, call, BACKFILL_JOBS),
    },
    { name: 'feedback', age: days.feedback * DAY, apply: async (call) => await archiveRows(deps, call, FEEDBACK) },
    { name: 'metrics_archive', age: days.hot * DAY, apply: points.archive },
    { name: 'metrics_delete', age: days.hot * DAY, apply: points.delete },
    {
      name: 'archive_expire',
      age: days.cold * DAY,
      apply: async (call) => await expireArchive(deps, call, points.expire),
    },
  ]
}

interface PointPolicies {
  readonly archive: Policy
  readonly delete: Policy
  readonly expire: Policy
  readonly rollups: Policy
}

const pointsOfRows = (deps: PoliciesDeps): PointPolicies => ({
  archive: async (call) => await archiveMetrics(deps, call),
  delete: async (call) => await deleteAndCount(deps, call, async () => await dropMetrics(deps, call)),
  expire: async (call) => await expireMetrics(deps, call),
  rollups: async (call) => await dropRollups(deps, call),
})

/**
 * Returns the policies of the log. Points leave the database in the transaction that records that an object holds their month, so `delete`
 * only reports their number.
 */
function pointsOfLog(deps: PoliciesDeps): PointPolicies {
  let taken = 0
  return {
    async archive(call) {
      const done = await archiveStored(deps, call)
      taken = done.taken
      return done
    },
    delete: async (call) => await deleteAndCount(deps, call, async () => ({ deleted: taken, more: false })),
    expire: async (call) => await expireStored(deps, call),
    rollups: async (call) => await dropStoredHours(deps, call),
  }
}
