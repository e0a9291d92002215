// Expires a tenant's oldest months.

import type { Micros } from '../base/time.ts'
import { monthStart } from '../base/time.ts'
import { lockTenant } from '../compaction/queries.ts'
import { deleteExpired, moveExpiry, selectExpirable } from './expiry-queries.ts'
import type { RunDeps } from './run-deps.ts'

/**
 * Moves the tenant's mark to the end of the last month such that it and every month before it have been cold since `cutoff` and have no hold; deletes
 * chunks and log rows below the mark, and expires the objects there. Objects are removed from storage afterwards; roll-ups have an age limit of their
 * own. Points of a writer that had read the older mark are deleted by the next call. Returns how many months expired. Safe to repeat.
 */
export async function expireMonths(deps: RunDeps, tenantId: number, cutoff: Micros): Promise<number> {
  return await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, tenantId)
    const end = endOfDue(await selectExpirable(tx, tenantId, cutoff))
    const mark = await moveExpiry(tx, tenantId, end)
    return mark === undefined ? 0 : await deleteExpired(tx, tenantId, mark)
  })
}

/** Returns the number of months that would expire. */
export async function countExpirable(deps: RunDeps, tenantId: number, cutoff: Micros): Promise<number> {
  const months = await deps.db.readAll((tx) => selectExpirable(tx, tenantId, cutoff))
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
