// Settles a content that was about to become a month's object when its run failed: storage shows whether it did.

import { strangeObject } from '../archive/archive-fault.ts'
import { lockTenant } from '../compaction/queries.ts'
import { monthObjectName } from './object-names.ts'
import { insertMonthObject } from './object-queries.ts'
import { removeStaging } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import { deleteNext, deleteRun, selectNext, selectTenantName, type TenantMonth } from './run-queries.ts'

/**
 * Finishes a failed run: a content that came into place is recorded as the month's object, and any other is forgotten. Chunks and log stay
 * unchanged, over the object, and the next run takes them. Safe to repeat, and to interrupt anywhere.
 * @throws {ArchiveFault} when the object at the month's name is neither the one that is known nor that content.
 */
export async function settleMonth(deps: RunDeps, month: TenantMonth): Promise<void> {
  const found = await deps.db.readAll(async (tx) => {
    const next = await selectNext(tx, month)
    return next && { next, tenant: await selectTenantName(tx, month.tenantId) }
  })
  if (!found) return
  const { next, tenant } = found
  // Without its source, a late copy of the failed run fails.
  await removeStaging(deps, next.run)
  const name = monthObjectName(tenant, month.month)
  const there = await deps.store.stat(name)
  const isOld = (there?.generation ?? '0') === next.over
  const isNext = there?.size === next.size && there.crc32c === next.crc32c
  if (!isOld && !isNext) throw strangeObject(name, there?.generation ?? '0')
  await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, month.tenantId)
    if (!(await deleteNext(tx, month, next.run))) return
    await deleteRun(tx, month, next.run)
    if (there && !isOld) await insertMonthObject(tx, { ...month, ...next, name, generation: there.generation })
  })
}
