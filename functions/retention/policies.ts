// The list of policies, with the age at which data is due.

import { BACKFILL_JOBS, FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { DAY } from '@penstock/shared/base/time.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import type { PolicyName } from './contract.ts'
import type { Policy, PolicyCall, PolicyDeps, PolicyResult } from './policy.ts'
import type { AgingTable } from './rows/aging-row-queries.ts'
import { deleteAgedRows } from './rows/aging-rows.ts'
import { archiveAudit } from './rows/audit-rows.ts'
import { archiveRows } from './rows/row-archive.ts'
import { type ActiveSeriesDeps, countActiveSeries } from './stored/active-series.ts'
import { expireArchive } from './stored/expire-archive.ts'
import { dropStoredHours } from './stored/stored-hours.ts'
import { archiveStored, type StoredDeps } from './stored/stored-months.ts'

export interface DuePolicy {
  readonly name: PolicyName
  /** In microseconds; the cutoff is this long ago. */
  readonly age: number
  readonly apply: Policy
}

export type PoliciesDeps = PolicyDeps & ActiveSeriesDeps & StoredDeps

/** Returns all policies in the order in which a run applies them. */
export function policiesOf(deps: PoliciesDeps): readonly DuePolicy[] {
  const { days } = deps
  return [
    ...[...Map.groupBy(agingTables, ({ policy }) => policy)].map(([name, tables]) => ({
      name,
      age: ageOf(tables[0], days.aged) * DAY,
      apply: async (call: PolicyCall) => await deleteInAll(deps, call, tables),
    })),
    { name: 'rollups', age: days.rollups * DAY, apply: async (call) => await dropStoredHours(deps, call) },
    {
      name: 'backfill_jobs',
      age: days.backfill * DAY,
      apply: async (call) => await archiveRows(deps, call, BACKFILL_JOBS),
    },
    { name: 'feedback', age: days.feedback * DAY, apply: async (call) => await archiveRows(deps, call, FEEDBACK) },
    { name: 'audit', age: days.audit * DAY, apply: async (call) => await archiveAudit(deps, call) },
    ...archivesAndDeletes(deps),
    { name: 'archive_expire', age: days.cold * DAY, apply: async (call) => await expireArchive(deps, call) },
  ]
}

/** The age of a policy in days, which all its tables have. */
const ageOf = (table: AgingTable | undefined, aged: PolicyDeps['days']['aged']): number =>
  !table || table.setting === null ? 0 : (aged[table.setting] ?? table.days)

/** Deletes the aged rows of several tables, one table after the other. */
async function deleteInAll(deps: PolicyDeps, call: PolicyCall, tables: readonly AgingTable[]): Promise<PolicyResult> {
  let deleted = 0
  let more = false
  for (const table of tables) {
    const done = await deleteAgedRows(deps, call, table)
    deleted += done.deleted ?? 0
    more ||= done.more
  }
  return { deleted, more }
}

/**
 * Points leave the database in the transaction that records that an object holds their month, so `metrics_delete` only reports their number,
 * and takes the series that have no points any more out of their tenants' counts.
 */
function archivesAndDeletes(deps: PoliciesDeps): readonly DuePolicy[] {
  const age = deps.days.hot * DAY
  let deleted = 0
  const archive: Policy = async (call) => {
    const done = await archiveStored(deps, call)
    deleted = done.taken
    return done
  }
  const report: Policy = async (call) => {
    const { more } = call.dryRun ? { more: false } : await countActiveSeries(deps, call)
    return { deleted, more }
  }
  return [
    { name: 'metrics_archive', age, apply: archive },
    { name: 'metrics_delete', age, apply: report },
  ]
}
