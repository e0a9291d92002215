// Sets the temporary hold of an object that was just written, when a legal hold covers it.

import { selectNamedObject } from '@penstock/shared/lifecycle/hold-queries.ts'
import { holdAsRequired } from '@penstock/shared/lifecycle/holds.ts'
import type { StorageDeps } from './obsolete.ts'

/** Sets the hold of the recorded object of this name when a legal hold covers any of its points. Safe to repeat. */
export async function holdObject({ db, store }: StorageDeps, { name }: { readonly name: string }): Promise<void> {
  const object = await db.readAll((tx) => selectNamedObject(tx, name))
  if (object?.covered) await holdAsRequired({ db, store }, object)
}
