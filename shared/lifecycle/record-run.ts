// Records a run over a tenant's month, and forgets it.

import type { Transaction } from 'kysely'
import { lockTenant } from '../compaction/queries.ts'
import type { Database } from '../schema/index.ts'
import { FOUND, monthObjectName, STAGING, stagingName } from './object-names.ts'
import { type MonthObject, selectKnownGeneration, selectMonthObject } from './object-queries.ts'
import type { RunDeps } from './run-deps.ts'
import {
  deleteRun,
  insertRun,
  isRecorded,
  type RecordedRun,
  type RunKind,
  selectGate,
  selectLowerGate,
  selectRuns,
  selectRunsOnTheirWay,
  selectTenantName,
  type TenantMonth,
} from './run-queries.ts'

/** A run that was recorded, with what it finds. */
export interface BegunRun {
  readonly run: RecordedRun
  /** The tenant's name. */
  readonly tenant: string
  readonly object: MonthObject | undefined
  /** The recorded generation of the object at the month's name, in any state; `0` when none is recorded. */
  readonly known: string
  /** Rows of the log were left for another run, so that what is in memory has a bound. */
  readonly more: boolean
}

/**
 * Records a run over the month, in place of one that broke. From here on compaction leaves the month alone, and its chunks and its log below the gate
 * are this run's. @returns undefined when the month has expired.
 */
export async function beginRun(deps: RunDeps, month: TenantMonth, kind: RunKind): Promise<BegunRun | undefined> {
  const begun = await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, month.tenantId)
    const { gate: highest, isExpired } = await selectGate(tx, month)
    if (isExpired) return undefined
    const lower = await selectLowerGate(tx, month, highest, deps.limits.loggedPoints)
    const gate = lower ?? highest
    const { run, broken } = await insertRun(tx, month, kind, gate)
    const tenant = await selectTenantName(tx, month.tenantId)
    const object = await selectMonthObject(tx, month)
    const known = await selectKnownGeneration(tx, monthObjectName(tenant, month.month))
    return { run: { ...month, run, gate }, tenant, object, known, more: lower !== undefined, broken }
  })
  if (begun?.broken) await removeUnused(deps, [begun.broken])
  return begun
}

/**
 * Forgets a run that cannot continue, so that compaction may take the month again. Nothing is lost. Its upload stays when its content was about to come
 * into place: `settleMonth` needs it.
 */
export async function forgetRun(deps: RunDeps, run: RecordedRun): Promise<void> {
  await deps.db.writeAll((tx) => deleteRun(tx, run, run.run))
  await removeUnused(deps, [run.run])
}

/** Removes what these runs uploaded, except contents that may come into place. Safe to repeat. */
export async function removeUnused(deps: RunDeps, runs: readonly string[]): Promise<void> {
  const kept = await deps.db.readAll((tx) => selectRunsOnTheirWay(tx))
  for (const run of runs) if (!kept.includes(run)) await removeStaging(deps, run)
}

/**
 * Forgets failed runs and removes their uploads, except contents that may have come into place, which `settleMonth` settles. Call it under the lease
 * of the job that makes runs. Safe to repeat.
 */
export async function forgetBrokenRuns(deps: RunDeps): Promise<void> {
  const broken = await deps.db.readAll((tx) => selectRuns(tx))
  for (const { run, ...month } of broken) {
    await deps.renew()
    await deps.db.writeAll(async (tx) => {
      await lockTenant(tx, month.tenantId)
      await deleteRun(tx, month, run)
    })
  }
  const kept = await deps.db.readAll((tx) => selectRunsOnTheirWay(tx))
  for await (const { name, generation } of deps.store.list(STAGING)) {
    await deps.renew()
    if (!name.startsWith(FOUND) && !kept.some((run) => stagingName(run) === name))
      await deps.store.remove({ name, generation })
  }
}

/** Removes what a run uploaded, so that nothing can be copied from it any more. Safe to repeat. */
export async function removeStaging({ store }: RunDeps, run: string): Promise<void> {
  const left = await store.stat(stagingName(run))
  if (left) await store.remove(left)
}

/** Takes the tenant's lock and asks whether the run is still recorded: then it is to the end of the transaction. */
export async function underRun<T>(
  deps: RunDeps,
  run: RecordedRun,
  work: (tx: Transaction<Database>) => Promise<T>,
): Promise<T | undefined> {
  return await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, run.tenantId)
    return (await isRecorded(tx, run)) ? await work(tx) : undefined
  })
}
