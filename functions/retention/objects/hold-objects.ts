// Sets the temporary hold of objects under a legal hold, which stops lifecycle rules.
import { markHeld, type NewObject, objectIsHeld } from './archive-queries.ts'
import type { StorageDeps } from './obsolete.ts'

/** Sets the hold of an object when a legal hold covers any of its points. Safe to repeat. */
export async function holdObject(
  { db, store }: StorageDeps,
  object: Pick<NewObject, 'tenantId' | 'minAt' | 'maxAt' | 'name' | 'generation'>,
): Promise<void> {
  if (!(await db.readAll((tx) => objectIsHeld(tx, object)))) return
  await store.hold(object, true)
  await db.writeAll((tx) => markHeld(tx, object))
}
