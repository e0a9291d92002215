// Erases series from the objects of months by recorded runs.
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { forgetRuns } from '@penstock/shared/lifecycle/forget-runs.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { findErased, type IsErased } from './metric-objects.ts'
import { listObjects, type RecordedObject, removeRecorded } from './object-records.ts'
import type { EraseDeps } from './place.ts'

/** Number of pieces of a month that are in memory at a time. */
const LIMITS = { piecePoints: 150_000, loggedPoints: 500_000, snapshotMs: 30_000, blockBytes: 8 * 1024 * 1024 }

/** The dependencies of runs over the tenant's months, in this session. */
const runDeps = ({ db, store, tenant, renew }: EraseDeps): RunDeps => ({
  db: {
    readAll: async (work, options) => await db.read(tenant.id, work, options),
    writeAll: async (work, options) => await db.write(tenant.id, work, options),
  },
  store,
  now: Date.now,
  renew,
  limits: LIMITS,
})

/**
 * Ends every run over the tenant's months without effect: an instance that is still alive can no longer put its content into place. Objects
 * that were replaced are not affected. Safe to repeat.
 */
export async function forgetTenantRuns(deps: EraseDeps): Promise<void> {
  await forgetRuns(runDeps(deps), deps.tenant.id)
}

/**
 * Writes every object of the tenant that has such a series again, without it, and removes those that no month needs any more. Points of the month that
 * are in the database go into the object with the others. Returns the number of erased points. Safe to repeat, and to interrupt anywhere.
 */
export async function eraseByRuns(deps: EraseDeps, isErased: IsErased): Promise<number> {
  await forgetTenantRuns(deps)
  let erased = 0
  for (const object of await listObjects(deps, 'metrics')) {
    await deps.renew()
    const found = await findErased(deps, object, isErased)
    erased += found
    if (found > 0 && object.state === 'verified') await writeAgain(deps, object, isErased)
  }
  for (const object of await listObjects(deps, 'metrics'))
    if (object.state !== 'verified') await removeRecorded(deps, object)
  return erased
}

async function writeAgain(deps: EraseDeps, { month }: RecordedObject, isErased: IsErased): Promise<void> {
  for (;;) {
    const done = await archiveMonth(runDeps(deps), { tenantId: deps.tenant.id, month }, isErased)
    if (done.outcome === 'forgotten') throw new Error(`another command changed ${month}: repeat this one`)
    if (!done.more) return
  }
}
