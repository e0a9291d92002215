// Deletes a tenant's roll-ups at the end of their time.

import { type Micros, monthOf } from '../base/time.ts'
import { lockTenant } from '../compaction/queries.ts'
import { countHours, deleteHours, selectOldestChunkMonth, selectRolledUp } from './hour-expiry-queries.ts'
import type { RunDeps } from './run-deps.ts'

/** Series whose roll-ups are deleted in one transaction, under the tenant's lock. */
const SERIES_AT_ONCE = 200

export interface DroppedHours {
  readonly deleted: number
  /** The deadline left some. */
  readonly more: boolean
}

/**
 * Deletes the tenant's roll-ups of months that ended by `cutoff`, in pieces. Sums of such a month are added up from its object from then on, where it
 * still has one. A month with chunks keeps its roll-ups, because its sums are read from them alone. Safe to repeat and to interrupt anywhere.
 */
export async function dropHours(
  deps: RunDeps,
  tenantId: number,
  { cutoff, deadline }: { readonly cutoff: Micros; readonly deadline: number },
): Promise<DroppedHours> {
  let deleted = 0
  for (;;) {
    if (deps.now() >= deadline) return { deleted, more: true }
    await deps.renew()
    const piece = await deps.db.writeAll(async (tx) => {
      await lockTenant(tx, tenantId)
      const end = endOf(cutoff, await selectOldestChunkMonth(tx, tenantId))
      const ids = await selectRolledUp(tx, { tenantId, end, limit: SERIES_AT_ONCE })
      return ids.length === 0 ? undefined : await deleteHours(tx, { tenantId, end, ids, now: deps.now() * 1000 })
    })
    if (piece === undefined) return { deleted, more: false }
    deleted += piece
  }
}

/** Returns the number of roll-ups that `dropHours` would delete. */
export async function countDueHours({ db }: RunDeps, tenantId: number, cutoff: Micros): Promise<number> {
  return await db.readAll(
    async (tx) => await countHours(tx, tenantId, endOf(cutoff, await selectOldestChunkMonth(tx, tenantId))),
  )
}

/** First day of the first month that stays. */
function endOf(cutoff: Micros, oldestChunks: string | undefined): string {
  const end = monthOf(cutoff)
  return oldestChunks !== undefined && oldestChunks < end ? oldestChunks : end
}
