// Removes unused objects.

import { isOver, type PolicyCall, type PolicyDeps } from '../policy.ts'
import { markRemoved, type ObsoleteObject, selectObsolete } from './archive-queries.ts'

/** The records of objects, and the storage that holds them. */
export interface StorageDeps {
  readonly db: Pick<PolicyDeps['db'], 'readAll' | 'writeAll'>
  readonly store: PolicyDeps['store']
}

const AT_ONCE = 100

/** Removes a replaced or expired object from storage, and records that. Safe to repeat, and to interrupt between the two. */
export async function removeObject(
  { db, store }: StorageDeps,
  { id, held, ...object }: Pick<ObsoleteObject, 'id' | 'name' | 'generation' | 'held'>,
): Promise<void> {
  if (held) await store.hold(object, false)
  await store.remove(object)
  await db.writeAll((tx) => markRemoved(tx, id))
}

/** Removes replaced or expired objects that are not on hold. Returns true when the time limit left some for later. */
export async function removeObsolete(
  deps: StorageDeps & Pick<PolicyDeps, 'now'> & Pick<PolicyCall, 'deadline' | 'renew'>,
): Promise<boolean> {
  for (;;) {
    const objects = await deps.db.readAll((tx) => selectObsolete(tx, AT_ONCE))
    for (const object of objects) {
      if (isOver(deps)) return true
      await deps.renew()
      await removeObject(deps, object)
    }
    if (objects.length < AT_ONCE) return false
  }
}
