// Legal holds: held data is neither dropped nor expired until the hold is released.
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, toWire } from '@penstock/shared/base/time.ts'
import { lockTenant } from '@penstock/shared/compaction/queries.ts'
import { syncHolds } from '@penstock/shared/lifecycle/holds.ts'
import type { Hold, HoldRequest } from '../contract.ts'
import type { PolicyDeps } from '../policy.ts'
import { countCovered, endHold, type HoldRow, insertHold, selectHolds, selectTenantId } from './hold-queries.ts'

export interface HoldDeps {
  readonly db: Pick<PolicyDeps['db'], 'readAll' | 'writeAll'>
  readonly store: PolicyDeps['store']
}

/**
 * Places a hold on a tenant's data between two instants, and sets the temporary hold of its objects. From the commit on nothing of it is
 * dropped or expired; when storage then fails, the next run sets the missing ones. Safe to repeat: the same request finds the same hold.
 * @throws {Problem} 404 when there is no such tenant.
 * @throws {StorageTrouble} when objects could not be held.
 */
export async function placeHold(deps: HoldDeps, request: HoldRequest, by: string): Promise<Hold> {
  const { tenant, dataset, start_time: from, end_time: to, reason } = request
  const id = await deps.db.writeAll(async (tx) => {
    const tenantId = await selectTenantId(tx, tenant)
    if (tenantId === undefined) throw new Problem(notFound, `The tenant ${tenant} does not exist.`)
    // Expiry reads the holds and moves the mark under this lock, so a month has either expired before its hold is placed, or is protected by
    // it.
    await lockTenant(tx, tenantId)
    const range = { from: formatTimestamp(from), to: formatTimestamp(to) }
    return await insertHold(tx, { tenantId, dataset: dataset ?? 'metrics', ...range, reason, placedBy: by })
  })
  await syncHolds(deps)
  return await readHold(deps, id)
}

/**
 * Ends a hold, and clears the temporary hold of objects that no other hold covers. Its record remains, with the caller who ended it. Safe
 * to repeat.
 * @throws {Problem} 404 when there is no such hold.
 * @throws {StorageTrouble} when objects could not be released.
 */
export async function releaseHold(deps: HoldDeps, id: string, by: string): Promise<Hold> {
  await deps.db.writeAll((tx) => endHold(tx, id, by))
  const hold = await readHold(deps, id)
  await syncHolds(deps)
  return hold
}

/** Returns all holds, released ones too, newest first and at most 1,000; with a tenant's name, only that tenant's. */
export async function listHolds({ db }: HoldDeps, tenant: string | undefined): Promise<Hold[]> {
  return await db.readAll(async (tx) => {
    const rows = await selectHolds(tx, { tenant })
    return await Promise.all(rows.map(async (row) => toHold(row, await countCovered(tx, row.id))))
  })
}

async function readHold({ db }: HoldDeps, id: string): Promise<Hold> {
  return await db.readAll(async (tx) => {
    const [row] = await selectHolds(tx, { id })
    if (!row) throw new Problem(notFound, `The hold ${id} does not exist.`)
    return toHold(row, await countCovered(tx, id))
  })
}

const toHold = (row: HoldRow, objects: number): Hold => ({
  id: row.id,
  tenant: row.tenant,
  dataset: row.dataset,
  start_time: toWire(row.from_ts),
  end_time: toWire(row.to_ts),
  reason: row.reason,
  placed_by: row.placed_by,
  placed_at: toWire(row.placed_at),
  released_by: row.released_by,
  released_at: row.released_at === null ? null : toWire(row.released_at),
  objects,
})
