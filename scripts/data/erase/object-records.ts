// The records of archive objects: list them, and replace one by another.
import type { ArchiveDataset } from '@penstock/shared/schema/archive.ts'
import { sql } from 'kysely'
import type { EraseDeps } from './place.ts'

export interface RecordedObject {
  readonly id: string
  readonly name: string
  readonly generation: string
  readonly size: number
  /** First day of the month, for metrics and for other rows. */
  readonly month: string
  readonly state: string
}

/** An object to record. Instants are microseconds since 1970; the hash is in hexadecimal. */
export interface NewObject {
  readonly name: string
  readonly generation: string
  readonly size: number
  readonly crc32c: string
  readonly rows: number
  readonly minAt: number
  readonly maxAt: number
  readonly contentHash: string
}

/** Returns the tenant's objects in storage, in any state. */
export async function listObjects({ db, tenant }: EraseDeps, dataset: ArchiveDataset): Promise<RecordedObject[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<RecordedObject>`
        select id, name, generation, size_bytes::float8 as size, month::text as month, state from archive
        where tenant_id = ${tenant.id}::int and dataset = ${dataset} and removed_at is null order by id`.execute(tx)
    return rows
  })
}

/**
 * Replaces an old object by a new one that was read back (undefined: by nothing), and removes the old one from storage. An object that
 * was not current yet is only removed, because its month will be written again. Safe to repeat.
 */
export async function replaceObject(
  { db, store, tenant }: EraseDeps,
  old: RecordedObject,
  written: NewObject | undefined,
): Promise<void> {
  await db.write(tenant.id, async (tx) => {
    await sql`update archive set state = 'replaced' where id = ${old.id}::bigint and state in ('written', 'verified')`.execute(
      tx,
    )
    if (!written) return
    const at = (us: number) => sql`timestamptz 'epoch' + ${us}::int8 * interval '1 microsecond'`
    await sql`
      insert into archive (
        dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, written_at, verified_at
      )
      select dataset, tenant_id, month, ${written.name}, ${written.generation}::bigint, ${written.rows}::bigint,
        ${at(written.minAt)}, ${at(written.maxAt)}, ${written.size}::bigint, ${written.crc32c}, decode(${written.contentHash}, 'hex'),
        'verified', written_at, clock_timestamp()
      from archive where id = ${old.id}::bigint
      on conflict (name, generation) do update set state = 'verified', verified_at = clock_timestamp()`.execute(tx)
  })
  await removeRecorded({ db, store, tenant }, old)
}

/** Removes an object that is not current from storage, and records that. Safe to repeat. */
export async function removeRecorded(
  { db, store, tenant }: Pick<EraseDeps, 'db' | 'store' | 'tenant'>,
  object: RecordedObject,
): Promise<void> {
  await store.remove(object)
  await db.write(tenant.id, async (tx) => {
    await sql`
      update archive set removed_at = clock_timestamp(), held = false, hold_pending = false where id = ${object.id}::bigint`.execute(
      tx,
    )
  })
}
