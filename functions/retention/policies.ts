// The list of policies, with the age at which data is due.

import { BACKFILL_JOBS, FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { DAY } from '@penstock/shared/base/time.ts'
import type { PolicyName } from './contract.ts'
import { type ActiveSeriesDeps, countActiveSeries } from './months/active-series.ts'
import { expireArchive } from './months/expire-archive.ts'
import { archiveMetrics, dropMetrics, type MetricMonthsDeps } from './months/metric-months.ts'
import { dropRollups } from './months/rollup-months.ts'
import type { Policy, PolicyCall, PolicyDeps } from './policy.ts'
import { deleteAgedRows } from './rows/aging-rows.ts'
import { archiveRows } from './rows/row-archive.ts'

/** Drops months, and takes the series that have no points any more out of their tenants' counts. */
async function dropAndCount(deps: PolicyDeps & MetricMonthsDeps & ActiveSeriesDeps, call: PolicyCall) {
  const dropped = await dropMetrics(deps, call)
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

/** Returns all policies in the order in which a run applies them. */
export function policiesOf(deps: PolicyDeps & MetricMonthsDeps & ActiveSeriesDeps): readonly DuePolicy[] {
  const { days } = deps
  return [
    { name: 'idempotency_keys', age: 0, apply: async (call) => await deleteAgedRows(deps, call, 'idempotency_key') },
    { name: 'job_runs', age: days.jobRuns * DAY, apply: async (call) => await deleteAgedRows(deps, call, 'job_run') },
    {
      name: 'dead_letters',
      age: days.deadLetters * DAY,
      apply: async (call) => await deleteAgedRows(deps, call, 'dead_letter'),
    },
    { name: 'rollups', age: days.rollups * DAY, apply: async (call) => await dropRollups(deps, call) },
    {
      name: 'backfill_jobs',
      age: days.backfill * DAY,
      apply: async (call) => await archiveRows(deps, call, BACKFILL_JOBS),
    },
    { name: 'feedback', age: days.feedback * DAY, apply: async (call) => await archiveRows(deps, call, FEEDBACK) },
    { name: 'metrics_archive', age: days.hot * DAY, apply: async (call) => await archiveMetrics(deps, call) },
    { name: 'metrics_delete', age: days.hot * DAY, apply: async (call) => await dropAndCount(deps, call) },
    { name: 'archive_expire', age: days.cold * DAY, apply: async (call) => await expireArchive(deps, call) },
  ]
}
