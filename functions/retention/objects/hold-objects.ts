// Objects that somebody needs carry a temporary hold, which no lifecycle rule passes
import { markHeld, type NewObject, objectIsHeld } from './archive-queries.ts'
import type { StorageDeps } from './obsolete.ts'

/** Sets the hold of an object when one stands on any of its points. Safe to repeat. */
export async function holdObject(
  { db, store }: StorageDeps,
  object: Pick<NewObject, 'tenantId' | 'minAt' | 'maxAt' | 'name' | 'generation'>,
): Promise<void> {
  if (!(await db.inTransaction((tx) => objectIsHeld(tx, object), { readOnly: true }))) return
  await store.hold(object, true)
  await db.inTransaction((tx) => markHeld(tx, object))
}
