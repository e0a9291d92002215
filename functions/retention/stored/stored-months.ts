// The policies for points when they are in the log and chunks.

import { faultOf } from '@penstock/shared/archive/archive-fault.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { bringBack } from '@penstock/shared/lifecycle/bring-back.ts'
import { countExpirable, expireMonths } from '@penstock/shared/lifecycle/expiry.ts'
import { MONTH_OBJECT } from '@penstock/shared/lifecycle/object-names.ts'
import { assertReconciled } from '@penstock/shared/lifecycle/reconciled.ts'
import { forgetBrokenRuns } from '@penstock/shared/lifecycle/record-run.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { selectMonthsOnTheirWay } from '@penstock/shared/lifecycle/run-queries.ts'
import { settleMonth } from '@penstock/shared/lifecycle/settle-month.ts'
import type { ReopenAnswer } from '../contract.ts'
import { removeObsolete } from '../objects/obsolete.ts'
import { errorOf, isOver, type PolicyCall, type PolicyResult } from '../policy.ts'
import { assertSeesAll } from './sees-all-queries.ts'
import {
  countChunkPoints,
  countLoggedOver,
  type DueMonth,
  selectDueMonths,
  selectHolders,
  selectTenantIds,
} from './stored-queries.ts'

export type StoredDeps = Omit<RunDeps, 'renew'> & {
  readonly limits: {
    /** Minimum milliseconds between two times that late points are merged into the object that holds their month. */
    readonly reopenEveryMs: number
    /** More late points than this are merged without that delay. */
    readonly manyPoints: number
  }
}

/** The result of one run; `taken` is the number of points that it deleted from the database. */
export type StoredResult = PolicyResult & { readonly taken: number }

/**
 * Archives the due months of the tenants one after the other, and first settles what failed runs left behind. A failure of one month does not
 * stop the others. Bounded by the deadline, and safe to repeat and to interrupt anywhere.
 */
export async function archiveStored(base: StoredDeps, call: PolicyCall): Promise<StoredResult> {
  const deps = { ...base, renew: call.renew }
  const due = async () => await findDue(deps, call)
  if (call.dryRun) return await countDue(deps, await due())
  const errors: string[] = []
  await deps.db.readAll(async (tx) => {
    await assertSeesAll(tx)
    await assertReconciled(tx)
  })
  await forgetBrokenRuns(deps)
  for (const month of await deps.db.readAll(selectMonthsOnTheirWay))
    await attempt(errors, month.month, async () => await settleMonth(deps, month))
  const done = { archived: 0, taken: 0, uris: [] as string[], more: false }
  for (const month of await due()) {
    for (let more = true; more && !done.more; ) {
      more = false
      if (isOver({ ...deps, deadline: call.deadline })) done.more = true
      else
        await attempt(
          errors,
          `${month.month} of tenant ${month.tenant}`,
          async () => (more = await archiveOne(deps, month, done)),
        )
    }
  }
  return { ...done, ...errorOf(...errors) }
}

/** Archives one month. Returns true when the month has points for another run. */
async function archiveOne(
  deps: RunDeps,
  month: DueMonth,
  done: { archived: number; taken: number; readonly uris: string[] },
): Promise<boolean> {
  await deps.renew()
  const archived = await archiveMonth(deps, month)
  logger.info({ ...archived, tenant_id: month.tenantId, month: month.month }, 'retention.month_archived')
  done.taken += archived.taken
  if (archived.isNew) {
    done.archived += archived.rows
    if (archived.name !== undefined) done.uris.push(deps.store.uriOf(archived.name))
  }
  return archived.more && archived.outcome === 'archived'
}

async function findDue(deps: RunDeps & StoredDeps, { cutoff }: PolicyCall): Promise<readonly DueMonth[]> {
  const { reopenEveryMs, manyPoints } = deps.limits
  const mergedBy = (deps.now() - reopenEveryMs) * 1000
  return await deps.db.readAll((tx) => selectDueMonths(tx, { cutoff, mergedBy, manyPoints, fixedName: MONTH_OBJECT }))
}

async function countDue({ db }: RunDeps, due: readonly DueMonth[]): Promise<StoredResult> {
  let archived = 0
  for (const month of due) archived += month.logged + (await db.readAll((tx) => countChunkPoints(tx, month)))
  return { archived, taken: archived, uris: [], more: false }
}

/** Runs a step and records its failure as concerning only this month or tenant, unless the run is lost. */
export async function attempt(errors: string[], what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Problem) throw error
    const { detail, tenant, object } = faultOf(error)
    logger.error({ err: error, month: what, tenant, object }, 'retention.month_failed')
    errors.push(`${what}: ${detail}`)
  }
}

/** Expires each tenant's oldest months, and removes objects that no month depends on. Counts objects. Otherwise like `archiveStored`. */
export async function expireStored(base: StoredDeps, call: PolicyCall): Promise<PolicyResult> {
  const deps = { ...base, renew: call.renew }
  if (!call.dryRun) await deps.db.readAll((tx) => assertReconciled(tx))
  const errors: string[] = []
  let deleted = 0
  for (const tenantId of await deps.db.readAll(selectTenantIds)) {
    if (isOver({ ...deps, deadline: call.deadline })) return { deleted, more: true }
    await call.renew()
    const expire = call.dryRun ? countExpirable : expireMonths
    await attempt(errors, `tenant ${tenantId}`, async () => (deleted += await expire(deps, tenantId, call.cutoff)))
  }
  if (call.dryRun) return { deleted, more: false }
  const { more, errors: stuck } = await removeObsolete({ ...deps, deadline: call.deadline })
  errors.push(...stuck)
  return { deleted, more, ...errorOf(...errors) }
}

/**
 * Brings the month of every tenant back into chunks. Safe to repeat.
 * @throws {Problem} 404 when no object holds it.
 */
export async function bringBackStored(deps: RunDeps, month: string): Promise<ReopenAnswer> {
  const found = await deps.db.readAll(async (tx) => ({
    holders: await selectHolders(tx, month),
    merged: await countLoggedOver(tx, month),
  }))
  if (found.holders.length === 0) throw new Problem(notFound, `${month} is not archived.`)
  let restored = 0
  for (const holder of found.holders) restored += (await bringBack(deps, holder)).points
  logger.info({ month, restored, merged: found.merged }, 'retention.month_reopened')
  return { month, restored, merged: found.merged }
}
