// The statements on the records of objects of metrics.

import type { ArchiveState, Database } from '@penstock/shared/schema/index.ts'
import { isCovered } from '@penstock/shared/schema/legal-holds.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface ObjectRecord {
  readonly id: string
  readonly tenantId: number
  readonly name: string
  readonly generation: string
  readonly rows: number
  readonly minTs: string
  readonly maxTs: string
  readonly size: number
  readonly crc32c: string
  /** In hexadecimal. */
  readonly contentHash: string
  readonly state: ArchiveState
  /** True when the object was read back and was correct. */
  readonly verified: boolean
  readonly held: boolean
  readonly writtenAt: string
}

const columns = [
  'id',
  'tenant_id as tenantId',
  'name',
  'generation',
  'rows',
  'min_ts as minTs',
  'max_ts as maxTs',
  'size_bytes as size',
  'crc32c',
  'content_sha256',
  'state',
  'verified_at',
  'held',
  'written_at as writtenAt',
] as const

/** Selects all objects of a month that are still in storage, in any state, ordered by tenant. */
export async function selectObjects(tx: Tx, month: string): Promise<ObjectRecord[]> {
  const rows = await tx
    .selectFrom('archive')
    .select(columns)
    .where('dataset', '=', 'metrics')
    .where('month', '=', month)
    .where('removed_at', 'is', null)
    .orderBy('tenant_id')
    .orderBy('id')
    .execute()
  return rows.map(({ content_sha256, verified_at, rows: count, size, ...row }) => ({
    ...row,
    rows: Number(count),
    size: Number(size),
    contentHash: content_sha256.toString('hex'),
    verified: verified_at !== null,
  }))
}

export interface NewObject {
  readonly tenantId: number
  readonly month: string
  readonly name: string
  readonly generation: string
  readonly size: number
  readonly crc32c: string
  readonly rows: number
  /** Microseconds since 1970. */
  readonly minAt: number
  readonly maxAt: number
  readonly contentHash: string
}

/** Records an uploaded object. It replaces an unfinished one of this tenant and month. */
export async function insertObject(tx: Tx, object: NewObject): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ state: 'replaced' })
    .where('dataset', '=', 'metrics')
    .where('tenant_id', '=', object.tenantId)
    .where('month', '=', object.month)
    .where('state', '=', 'written')
    .execute()
  await sql`
    insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
    values (
      'metrics', ${object.tenantId}::int, ${object.month}::date, ${object.name}, ${object.generation}::bigint, ${object.rows}::bigint,
      timestamptz 'epoch' + ${object.minAt}::int8 * interval '1 microsecond',
      timestamptz 'epoch' + ${object.maxAt}::int8 * interval '1 microsecond',
      ${object.size}::bigint, ${object.crc32c}, decode(${object.contentHash}, 'hex')
    )`.execute(tx)
}

/** Records that an object was read back and was correct. */
export async function markRead(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('archive').set({ verified_at: sql`clock_timestamp()` }).where('id', '=', id).execute()
}

/** Marks an unfinished object as unused, so that it may be removed. */
export async function retireObject(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ state: 'replaced' })
    .where('id', '=', id)
    .where('state', '=', 'written')
    .execute()
}

/** Makes the verified objects of a month the current ones; the former current ones become `replaced`. */
export async function promoteObjects(tx: Tx, month: string): Promise<void> {
  await sql`
    update archive o set state = 'replaced'
    where dataset = 'metrics' and month = ${month}::date and state = 'verified' and exists (
      select from archive n
      where n.dataset = 'metrics' and n.month = o.month and n.tenant_id = o.tenant_id and n.state = 'written'
    )`.execute(tx)
  await tx
    .updateTable('archive')
    .set({ state: 'verified' })
    .where('dataset', '=', 'metrics')
    .where('month', '=', month)
    .where('state', '=', 'written')
    .where('verified_at', 'is not', null)
    .execute()
}

/** Expires the objects of a month, which may then be removed. */
export async function expireObjects(tx: Tx, month: string): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ state: 'expired' })
    .where('dataset', '=', 'metrics')
    .where('month', '=', month)
    .where('state', '=', 'verified')
    .execute()
}

export interface ObsoleteObject {
  readonly id: string
  readonly name: string
  readonly generation: string
  /** True when storage may hold the object. */
  readonly held: boolean
}

/** Returns unused objects with ids above `after` that are still in storage and not on hold, oldest first. */
export async function selectObsolete(tx: Tx, after: string, limit: number): Promise<ObsoleteObject[]> {
  const { rows } = await sql<ObsoleteObject>`
    select id, name, generation, held from archive a
    where state in ('replaced', 'expired') and removed_at is null and id > ${after}::bigint and not ${isCovered}
    order by id limit ${limit}::int`.execute(tx)
  return rows
}

/** Records that an object was removed from storage. */
export async function markRemoved(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ removed_at: sql`clock_timestamp()`, held: false, hold_pending: false })
    .where('id', '=', id)
    .where('state', 'in', ['replaced', 'expired'])
    .execute()
}
