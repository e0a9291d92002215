// The end of a tenant's oldest months.

import type { Micros } from '../base/time.ts'
import { monthStart } from '../base/time.ts'
import { lockTenant } from '../compaction/queries.ts'
import { deleteExpired, moveExpiry, selectExpirable } from './expiry-queries.ts'
import type { RunDeps } from './run-deps.ts'

/**
 * Moves the tenant's mark to the end of the last month before which every month has been cold since `cutoff` and is on no hold, and takes away what
 * lies below it: chunks, log and the objects' claim to their months. Objects are removed from storage afterwards; roll-ups stay for a time of their
 * own. What a writer that had read the older mark stored meanwhile goes with the next call. Returns how many months expired. Safe to repeat.
 */
export async function expireMonths(deps: RunDeps, tenantId: number, cutoff: Micros): Promise<number> {
  return await deps.db.inTransaction(async (tx) => {
    await lockTenant(tx, tenantId)
    const end = endOfDue(await selectExpirable(tx, tenantId, cutoff))
    const mark = await moveExpiry(tx, tenantId, end)
    return mark === undefined ? 0 : await deleteExpired(tx, tenantId, mark)
  })
}

/** How many months would expire. */
export async function countExpirable(deps: RunDeps, tenantId: number, cutoff: Micros): Promise<number> {
  const months = await deps.db.inTransaction(async (tx) => await selectExpirable(tx, tenantId, cutoff), {
    readOnly: true,
  })
  const end = endOfDue(months)
  return months.filter(({ month }) => end !== undefined && monthStart(month) < monthStart(end)).length
}

interface Expirable {
  readonly month: string
  readonly isDue: boolean
  /** First day of the month after it. */
  readonly end: string
}

/** The end of the months that are due from the oldest one on. */
function endOfDue(months: readonly Expirable[]): string | undefined {
  const stays = months.findIndex(({ isDue }) => !isDue)
  return months[(stays === -1 ? months.length : stays) - 1]?.end
}
