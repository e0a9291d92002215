// Removes unused objects.

import { faultOf } from '@penstock/shared/archive/archive-fault.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { isOver, type PolicyCall, type PolicyDeps } from '../policy.ts'
import { markRemoved, type ObsoleteObject, selectObsolete } from './archive-queries.ts'

/** The records of objects, and the storage that holds them. */
export interface StorageDeps {
  readonly db: Pick<PolicyDeps['db'], 'readAll' | 'writeAll'>
  readonly store: PolicyDeps['store']
}

const AT_ONCE = 100

/** Removes a replaced or expired object from storage, and records that. Safe to repeat, and to interrupt between the two. */
async function removeObject(
  { db, store }: StorageDeps,
  { id, held, ...object }: Pick<ObsoleteObject, 'id' | 'name' | 'generation' | 'held'>,
): Promise<void> {
  if (held) await store.hold(object, false)
  await store.remove(object)
  await db.writeAll((tx) => markRemoved(tx, id))
}

/** Objects that could not be removed are named in `errors`. */
export interface Removal {
  /** The time limit left some objects for later. */
  readonly more: boolean
  readonly errors: readonly string[]
}

/** Removes replaced or expired objects that are not on hold. One object's failure does not stop the others. */
export async function removeObsolete(
  deps: StorageDeps & Pick<PolicyDeps, 'now'> & Pick<PolicyCall, 'deadline' | 'renew'>,
): Promise<Removal> {
  const errors: string[] = []
  for (let after = '0'; ; ) {
    const objects = await deps.db.readAll((tx) => selectObsolete(tx, after, AT_ONCE))
    for (const object of objects) {
      if (isOver(deps)) return { more: true, errors }
      await deps.renew()
      try {
        await removeObject(deps, object)
      } catch (error) {
        if (error instanceof Problem) throw error
        logger.error({ err: error, object: object.name }, 'retention.removal_failed')
        errors.push(faultOf(error).detail)
      }
      after = object.id
    }
    if (objects.length < AT_ONCE) return { more: false, errors }
  }
}
