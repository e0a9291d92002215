// Temporary holds of objects under a legal hold. Lifecycle rules and other programs respect them; our own jobs ask for the legal holds.

import type { ArchiveStore } from '../archive/archive-store.ts'
import { StorageTrouble } from '../archive/storage-errors.ts'
import type { PenstockDatabase } from '../database/database.ts'
import {
  confirmHold,
  type HeldObject,
  insertHeldCopy,
  noteHold,
  noteRelease,
  selectHolderId,
  selectMisheld,
  selectNamedObject,
} from './hold-queries.ts'
import { heldName } from './object-names.ts'
import type { RunDeps } from './run-deps.ts'
import { selectTenantName, type TenantMonth } from './run-queries.ts'

export interface HoldDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  readonly store: Pick<ArchiveStore, 'hold' | 'copy' | 'uriOf'>
}

const AT_ONCE = 100
/** Legal holds may change while storage is called. Then the object is looked at again, so many times. */
const ATTEMPTS = 5

/**
 * Sets or clears the object's temporary hold as the legal holds require. The intention is noted before its effect in storage, and cleared after it:
 * after a crash the record says which objects may be held. Safe to repeat, to interrupt anywhere, and to call concurrently.
 * @throws {StorageTrouble} when storage did not do it; the next call does it.
 */
async function holdAsRequired({ db, store }: HoldDeps, object: HeldObject): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const hold = await db.writeAll((tx) => noteHold(tx, object.id))
    if (hold === undefined) return
    try {
      await store.hold(object, hold)
    } catch (error) {
      const isMissing = error instanceof StorageTrouble && error.reason === 'missing'
      // Another object may have replaced it in the meantime.
      if (isMissing && (await db.writeAll((tx) => noteHold(tx, object.id))) === undefined) return
      throw error
    }
    if (await db.writeAll((tx) => confirmHold(tx, object.id, hold))) return
  }
}

/**
 * Brings the temporary holds in storage in line with the legal holds. `renew` is called between objects. One object’s failure does not stop the
 * others. Safe to repeat.
 * @throws {unknown} the first failure, after the other objects were done.
 */
export async function syncHolds(deps: HoldDeps, renew: () => Promise<void> = async () => {}): Promise<void> {
  const failures: unknown[] = []
  for (let after = '0'; ; ) {
    const objects = await deps.db.readAll((tx) => selectMisheld(tx, after, AT_ONCE))
    for (const object of objects) {
      await renew()
      await holdAsRequired(deps, object).catch((error: unknown) => failures.push(error))
      after = object.id
    }
    if (objects.length < AT_ONCE) break
  }
  if (failures.length > 0) throw failures[0]
}

/** Holds the object that has come to hold the month, when a legal hold covers it. */
export async function holdMonthObject(deps: RunDeps, month: TenantMonth): Promise<void> {
  const object = await deps.db.readAll(async (tx) => {
    const id = await selectHolderId(tx, month)
    const [found] = id === undefined ? [] : await selectMisheld(tx, String(BigInt(id) - 1n), 1)
    return found?.id === id ? found : undefined
  })
  if (object) await holdAsRequired(deps, object)
}

/**
 * Lets the object at a month's name be replaced. What a legal hold covers is copied to a held object of its own first, which is compared and recorded;
 * only then is the hold of the month's name released, until the new object is there. Safe to repeat and to interrupt anywhere.
 * @throws {ObjectDiffers} when another object has the copy's name.
 */
export async function makeReplaceable(deps: RunDeps, month: TenantMonth, name: string): Promise<void> {
  const { db, store } = deps
  const found = await db.readAll(async (tx) => {
    const object = await selectNamedObject(tx, name)
    return object && { object, tenant: await selectTenantName(tx, month.tenantId) }
  })
  if (!found) return
  const { object, tenant } = found
  if (!object.held && !object.covered) return
  if (object.covered) {
    const to = heldName(tenant, month.month, object.contentHash)
    const copy = await store.copy(object, { name: to, over: '0' })
    const id = await db.writeAll((tx) => insertHeldCopy(tx, object.id, copy))
    await holdAsRequired(deps, { id, name: copy.name, generation: copy.generation })
  }
  await db.writeAll((tx) => noteRelease(tx, object.id))
  await store.hold(object, false)
}
