// Settles a content that was about to become a month's object when its run failed: it becomes the object.

import { strangeObject } from '../archive/archive-fault.ts'
import { ObjectDiffers, StorageTrouble } from '../archive/storage-errors.ts'
import type { StoredObject } from '../archive/stored-object.ts'
import { lockTenant } from '../compaction/queries.ts'
import { makeReplaceable } from './holds.ts'
import { monthObjectName, stagingName } from './object-names.ts'
import { insertMonthObject } from './object-queries.ts'
import { removeStaging } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import {
  deleteNext,
  deleteRun,
  type NextObject,
  selectNext,
  selectTenantName,
  type TenantMonth,
} from './run-queries.ts'

/**
 * Finishes a failed run: its content comes into place, if it is not there yet, and is recorded as the month's object. Storage may still carry out the
 * failed run's own copy: of both copies the first one wins, and they have the same bytes. Chunks and log stay unchanged, over the object, and the next
 * run takes them. When the upload of the content is gone, the content is forgotten instead. Safe to repeat, and to interrupt anywhere.
 * @throws {ArchiveFault} when the object at the month's name is neither the one that is known nor that content.
 */
export async function settleMonth(deps: RunDeps, month: TenantMonth): Promise<void> {
  const found = await deps.db.readAll(async (tx) => {
    const next = await selectNext(tx, month)
    return next && { next, tenant: await selectTenantName(tx, month.tenantId) }
  })
  if (!found) return
  const { next } = found
  const name = monthObjectName(found.tenant, month.month)
  const placed = await placeNext(deps, month, next, name)
  await deps.db.writeAll(async (tx) => {
    await lockTenant(tx, month.tenantId)
    if (!(await deleteNext(tx, month, next.run))) return
    await deleteRun(tx, month, next.run)
    if (placed) await insertMonthObject(tx, { ...month, ...next, name, generation: placed.generation })
  })
  await removeStaging(deps, next.run)
}

/** Returns the content at the month's name, where it comes now if it is not there yet; undefined when its upload is gone. */
async function placeNext(
  deps: RunDeps,
  month: TenantMonth,
  next: NextObject,
  name: string,
): Promise<StoredObject | undefined> {
  const there = await deps.store.stat(name)
  if (there && isContent(there, next)) return there
  if ((there?.generation ?? '0') !== next.over) throw strangeObject(name, there?.generation ?? '0')
  const uploaded = await deps.store.stat(stagingName(next.run))
  if (!uploaded || !isContent(uploaded, next)) return undefined
  return await putInPlace(deps, month, uploaded, { name, over: next.over })
}

const isContent = ({ size, crc32c }: StoredObject, next: NextObject): boolean =>
  size === next.size && crc32c === next.crc32c

/** Replaces the month's object; what a legal hold covers is preserved first, also when the hold was placed while this waited for storage. */
export async function putInPlace(
  deps: RunDeps,
  month: TenantMonth,
  stored: StoredObject,
  to: { readonly name: string; readonly over: string },
): Promise<StoredObject> {
  const replace = async (): Promise<StoredObject> => {
    if (to.over !== '0') await makeReplaceable(deps, month, to.name)
    return await deps.store.copy(stored, to)
  }
  try {
    return await replace().catch(async (error: unknown) => {
      if (error instanceof StorageTrouble && error.reason === 'held') return await replace()
      throw error
    })
  } catch (error) {
    if (error instanceof ObjectDiffers) throw strangeObject(to.name, error.existing.generation)
    throw error
  }
}
