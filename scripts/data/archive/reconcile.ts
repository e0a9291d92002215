// Brings the records of archived objects and storage together after the database was restored: by name, generation and content.

import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { ListedObject, StoredObject } from '@penstock/shared/archive/stored-object.ts'
import { wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import type { Units } from '@penstock/shared/database/units.ts'
import { FOUND, HELD, monthObjectName } from '@penstock/shared/lifecycle/object-names.ts'
import { markReconciled } from '@penstock/shared/lifecycle/reconciled.ts'
import { type Coming, type RecordOfObject, readRecords, recordGeneration } from './reconcile-records.ts'

export interface ReconcileDeps {
  /** Units of the tables' owner, to whom row security shows one tenant's rows at a time. */
  readonly db: Units
  readonly store: ArchiveStore
  readonly tenants: readonly { readonly id: number; readonly name: string }[]
  /** Renews the lease under which nothing else changes the archive. */
  readonly renew: () => Promise<void>
}

/** The result for an object: `missing` needs a person, everything else is settled. */
export interface Reconciled {
  readonly name: string
  readonly done: 'same' | 'on its way' | 'adopted' | 'restored' | 'moved' | 'missing'
  readonly detail: string
}

const FOLDERS = ['metrics/', 'feedback/', 'backfill_jobs/', HELD]
const BLOCK_BYTES = 4 * 1024 * 1024

/**
 * Compares every recorded object with storage, and then storage with the records. An object that is missing is restored from soft delete, or
 * reported. One that has no record is moved to `staging/found/`, but stays where it is while the recorded object of its name is missing. Then
 * archiving may run again. Safe to repeat, and to interrupt anywhere; nothing is deleted that has no copy.
 */
export async function reconcile(deps: ReconcileDeps): Promise<readonly Reconciled[]> {
  const live = new Map<string, ListedObject>()
  for (const folder of FOLDERS) for await (const object of deps.store.list(folder)) live.set(object.name, object)
  const results: Reconciled[] = []
  for (const tenant of deps.tenants) {
    const { objects, coming } = await readRecords(deps.db, tenant.id)
    for (const object of objects) {
      await deps.renew()
      if (!object.needed && live.get(object.name)?.generation !== object.generation) continue
      results.push(
        await settle(deps, tenant.id, {
          object,
          live: live.get(object.name),
          coming: comingAs(tenant, coming, object.name),
        }),
      )
      live.delete(object.name)
    }
    for (const next of coming) {
      const name = monthObjectName(tenant.name, next.month)
      const there = live.get(name)
      if (!there || !hasBytes(there, next)) continue
      results.push({ name, done: 'on its way', detail: 'The next run of retention records it.' })
      live.delete(name)
    }
  }
  for (const object of live.values()) {
    await deps.renew()
    const to = await moveAway(deps, object, true)
    results.push({ name: object.name, done: 'moved', detail: `No record knows it; it is ${to} now.` })
  }
  await deps.db.writeAll((tx) => markReconciled(tx))
  return results
}

const comingAs = (tenant: { readonly name: string }, coming: readonly Coming[], name: string): Coming | undefined =>
  coming.find(({ month }) => monthObjectName(tenant.name, month) === name)

interface Pair {
  readonly object: RecordOfObject
  /** The object that has its name in storage. */
  readonly live: ListedObject | undefined
  readonly coming: Coming | undefined
}

/** Settles one recorded object. */
async function settle(deps: ReconcileDeps, tenantId: number, { object, live, coming }: Pair): Promise<Reconciled> {
  const { name } = object
  const result = (done: Reconciled['done'], detail: string): Reconciled => ({ name, done, detail })
  if (live?.generation === object.generation) return result('same', 'It is the recorded one.')
  if (live && coming && hasBytes(live, coming)) return result('on its way', 'The next run of retention records it.')
  if (live && hasBytes(live, object)) {
    await prove(deps, object, live)
    await recordGeneration(deps.db, tenantId, object, live.generation)
    return result('adopted', `It has the recorded content in generation ${live.generation}, which is recorded now.`)
  }
  const restored = await restore(deps, object, live)
  if (!restored) {
    const other =
      live === undefined
        ? ''
        : ` An object that no record knows has its name, in generation ${live.generation}, and was left there.`
    return result('missing', `Generation ${object.generation} is recorded and cannot be restored any more.${other}`)
  }
  await prove(deps, object, restored.object)
  await recordGeneration(deps.db, tenantId, object, restored.object.generation)
  const moved = restored.moved === undefined ? '' : ` What had its name is ${restored.moved} now.`
  return result('restored', `It was restored from soft delete.${moved}`)
}

/**
 * Restores the recorded object. The object that currently has its name is first copied to `staging/found/`.
 * @returns undefined when it cannot be restored.
 */
async function restore(
  deps: ReconcileDeps,
  { name, generation, size, crc32c }: RecordOfObject,
  live: ListedObject | undefined,
): Promise<{ readonly object: StoredObject; readonly moved: string | undefined } | undefined> {
  const wanted = { name, generation, size, crc32c, held: false }
  const moved = live && (await moveAway(deps, live, false))
  if (live?.held) await deps.store.hold(live, false)
  const object = await deps.store.restore(wanted, live?.generation ?? '0')
  if (object) return { object, moved }
  if (live?.held) await deps.store.hold(live, true)
  return undefined
}

/** Copies an object, with its hold, to a place that no reader and no run uses, and removes the original if requested. Returns the new name. */
async function moveAway({ store }: ReconcileDeps, object: ListedObject, removes: boolean): Promise<string> {
  const name = `${FOUND}${object.generation}/${object.name}`
  const copy = (await store.stat(name)) ?? (await store.copy(object, { name, over: '0' }))
  if (object.held) await store.hold(copy, true)
  if (removes) {
    if (object.held) await store.hold(object, false)
    await store.remove(object)
  }
  return name
}

const hasBytes = (a: { readonly size: number; readonly crc32c: string }, b: typeof a): boolean =>
  a.size === b.size && a.crc32c === b.crc32c

/** Reads points to the last row. @throws {ObjectChanged} when they are not the recorded ones. */
async function prove({ store, renew }: ReconcileDeps, object: RecordOfObject, at: StoredObject): Promise<void> {
  if (object.dataset !== 'metrics') return
  const reading = { store, renew, limits: { blockBytes: BLOCK_BYTES } }
  for await (const _ of wholeRows(reading, { ...object, generation: at.generation }));
}
