// The records of archived objects, for the comparison with storage.
import type { WrittenObject } from '@penstock/shared/archive/whole-rows.ts'
import type { Units } from '@penstock/shared/database/units.ts'
import type { ArchiveDataset } from '@penstock/shared/schema/archive.ts'
import { sql } from 'kysely'

export interface RecordOfObject extends WrittenObject {
  readonly id: string
  readonly dataset: ArchiveDataset
  readonly held: boolean
  /** False for an object that nothing needs any more and that a run was about to remove. */
  readonly needed: boolean
}

/** A content that was about to be put into place at the moment to which the database was restored. */
export interface Coming {
  readonly month: string
  readonly size: number
  readonly crc32c: string
}

/** Returns the tenant's objects that should be in storage, and contents that were about to be put into place. */
export async function readRecords(
  db: Pick<Units, 'read'>,
  tenantId: number,
): Promise<{ readonly objects: readonly RecordOfObject[]; readonly coming: readonly Coming[] }> {
  return await db.read(tenantId, async (tx) => {
    const { rows: objects } = await sql<RecordOfObject>`
      select id, dataset, name, generation::text as generation, size_bytes::float8 as size, crc32c, rows::float8 as rows, min_ts as "minTs",
        max_ts as "maxTs", encode(content_sha256, 'hex') as "contentHash", held,
        held or state in ('written', 'verified') as needed
      from archive where tenant_id = ${tenantId}::int and removed_at is null order by id`.execute(tx)
    const { rows: coming } = await sql<Coming>`
      select month::text as month, size_bytes::float8 as size, crc32c from archive_next where tenant_id = ${tenantId}::int`.execute(
      tx,
    )
    return { objects, coming }
  })
}

/** Records the generation that the object has now. The next run of retention confirms a hold on it. */
export async function recordGeneration(
  db: Pick<Units, 'write'>,
  tenantId: number,
  { id }: RecordOfObject,
  generation: string,
): Promise<void> {
  await db.write(tenantId, async (tx) => {
    await sql`
      update archive set generation = ${generation}::bigint, hold_pending = held where id = ${id}::bigint`.execute(tx)
  })
}
