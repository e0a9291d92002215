// Archives old rows: writes them to objects, and deletes only what was read back from there.

import { ObjectChanged } from '@penstock/shared/archive/archive-fault.ts'
import { type RowDataset, rowObjectName, toArchivedRow, toTextRow } from '@penstock/shared/archive/row-datasets.ts'
import {
  type ArchivedRow,
  hashOfRows,
  readRowParquet,
  spanOf,
  writeRowParquet,
} from '@penstock/shared/archive/row-parquet.ts'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { PolicyCall, PolicyDeps, PolicyResult } from '../policy.ts'
import { beginRun } from './aging-row-queries.ts'
import {
  countOldRows,
  deleteExactRows,
  insertRowObject,
  markVerified,
  type OldRows,
  type RowObject,
  selectOldest,
  selectOldRows,
  selectRowObjects,
} from './row-archive-queries.ts'

/**
 * Writes rows that are older than the cutoff to objects, each with rows of one tenant and month, reads every object back, and deletes the
 * rows that are identical in the object and in the table, one batch per transaction. A row that changed in between stays.
 *
 * Safe to repeat and to interrupt: the object of an interrupted run is finished first, so no row is in two objects.
 * @throws {ObjectChanged} when an object differs from what was written: none of its rows are deleted.
 */
export async function archiveRows(deps: PolicyDeps, call: PolicyCall, dataset: RowDataset): Promise<PolicyResult> {
  const { db, now, store } = deps
  const cutoff = formatTimestamp(call.cutoff)
  if (call.dryRun) {
    const count = await db.readAll((tx) => countOldRows(tx, dataset, cutoff))
    return { archived: count, deleted: count, more: false }
  }
  const done = { archived: 0, deleted: 0, uris: [] as string[] }
  // Tenants and months whose objects this run has already finished.
  const settled = new Set<string>()
  for (;;) {
    if (now() >= call.deadline) return { ...done, more: true }
    await call.renew()
    const oldest = await db.readAll((tx) => selectOldest(tx, dataset, cutoff))
    if (!oldest) return { ...done, more: false }
    const place = `${oldest.tenantId} ${oldest.month}`
    if (!settled.has(place)) done.deleted += await settle(deps, call, dataset, oldest)
    settled.add(place)
    const object = await writeObject(deps, dataset, oldest, cutoff)
    if (!object) continue
    const { deleted, verified } = await finish(deps, call, dataset, oldest, object)
    done.archived += verified
    done.deleted += deleted
    done.uris.push(store.uriOf(object.name))
  }
}

/** Deletes the remaining rows that are in objects already. */
async function settle(deps: PolicyDeps, call: PolicyCall, dataset: RowDataset, of: OldRows): Promise<number> {
  const objects = await deps.db.readAll((tx) => selectRowObjects(tx, dataset, of))
  let deleted = 0
  for (const object of objects) deleted += (await finish(deps, call, dataset, of, object)).deleted
  return deleted
}

type Written = Omit<RowObject, 'id' | 'state'>

/** Writes the next object; returns undefined when there are no such rows. */
async function writeObject(
  { db, store, limits }: PolicyDeps,
  dataset: RowDataset,
  of: OldRows,
  cutoff: string,
): Promise<Written | undefined> {
  const batch = { cutoff, limit: limits.objectRows }
  const found = await db.readAll((tx) => selectOldRows(tx, dataset, of, batch))
  if (found.length === 0) return undefined
  const rows = found.map((row) => toArchivedRow(dataset, row))
  const contentHash = hashOfRows(dataset.columns, rows)
  const bytes = await writeRowParquet(dataset.dataset, dataset.columns, rows)
  const name = rowObjectName(dataset.dataset, of.tenant, of.month, contentHash)
  const {
    generation,
    size,
    crc32c: checksum,
  } = await store.put(name, async function* () {
    yield bytes
  })
  const object = { name, generation, size, crc32c: checksum, rows: rows.length, contentHash }
  const span = spanOf(dataset.age, rows)
  await db.writeAll((tx) => insertRowObject(tx, dataset, of, { ...object, ...span }))
  return object
}

/** Reads an object back, and deletes its rows from the table. */
async function finish(
  { db, store, limits }: PolicyDeps,
  { renew }: PolicyCall,
  dataset: RowDataset,
  of: OldRows,
  object: Written,
): Promise<{ readonly verified: number; readonly deleted: number }> {
  const rows = await readBack(await store.readRange(object, 0, object.size), dataset, object)
  await db.writeAll((tx) => markVerified(tx, object.name, object.generation))
  let deleted = 0
  for (let from = 0; from < rows.length; from += limits.deleteRows) {
    await renew()
    const batch = rows.slice(from, from + limits.deleteRows).map((row) => toTextRow(dataset, row))
    deleted += await db.writeAll(async (tx) => {
      await beginRun(tx)
      return await deleteExactRows(tx, dataset, of.tenantId, batch)
    })
  }
  return { verified: rows.length, deleted }
}

async function readBack(bytes: Uint8Array, dataset: RowDataset, object: Written): Promise<ArchivedRow[]> {
  const refuse = (what: string): never => {
    throw new ObjectChanged(object.name, `does not have the ${what} that was written`)
  }
  if (crc32cText(crc32c(bytes, 0)) !== object.crc32c) refuse('checksum')
  const rows = await readRowParquet(dataset.columns, bytes)
  if (rows.length !== object.rows) refuse('number of rows')
  if (hashOfRows(dataset.columns, rows) !== object.contentHash) refuse('content')
  return rows
}
