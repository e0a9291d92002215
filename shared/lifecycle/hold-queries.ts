// The statements on temporary holds of objects. `held` means that storage may hold the object, `hold_pending` that it has not confirmed that.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { isCovered } from '../schema/legal-holds.ts'
import type { TenantMonth } from './run-queries.ts'

type Tx = Transaction<Database>

export interface HeldObject {
  readonly id: string
  readonly name: string
  readonly generation: string
}

/** Returns objects in storage whose temporary hold is not as the legal holds require, or not confirmed; ids above `after`. */
export async function selectMisheld(tx: Tx, after: string, limit: number): Promise<HeldObject[]> {
  const { rows } = await sql<HeldObject>`
    select a.id, a.name, a.generation from archive a
    where a.removed_at is null and a.id > ${after}::bigint and (a.held <> ${isCovered} or a.hold_pending)
    order by a.id limit ${limit}::int`.execute(tx)
  return rows
}

/**
 * Notes that the object is going to be held, if a legal hold covers it; an object that is going to be released stays noted as held until storage has
 * released it. @returns whether it must be held; undefined when it is gone.
 */
export async function noteHold(tx: Tx, id: string): Promise<boolean | undefined> {
  const { rows } = await sql<{ covered: boolean }>`
    update archive a set held = true, hold_pending = ${isCovered}
    where id = ${id}::bigint and removed_at is null and (held or ${isCovered})
    returning hold_pending as covered`.execute(tx)
  return rows[0]?.covered
}

/**
 * Records that storage set or cleared the object's hold. @returns false when the legal holds have changed in the meantime, so that this is not what
 * they require; the record says then that the hold is not confirmed.
 */
export async function confirmHold(tx: Tx, id: string, held: boolean): Promise<boolean> {
  const { rows } = await sql<{ right: boolean }>`
    update archive a set held = ${held}::boolean or ${isCovered}, hold_pending = not ${held}::boolean and ${isCovered}
    where id = ${id}::bigint and removed_at is null
    returning held = ${held}::boolean and not hold_pending and ${isCovered} = ${held}::boolean as right`.execute(tx)
  return rows[0]?.right ?? true
}

/** The object that is recorded at a name, and whether a legal hold covers it or storage may hold it. */
export interface NamedObject extends HeldObject {
  readonly size: number
  readonly crc32c: string
  /** Hexadecimal. */
  readonly contentHash: string
  readonly held: boolean
  readonly covered: boolean
}

/** Returns the object that is recorded at the name and not removed, in any state; undefined when there is none. */
export async function selectNamedObject(tx: Tx, name: string): Promise<NamedObject | undefined> {
  const { rows } = await sql<NamedObject>`
    select id, name, generation, size_bytes::float8 as size, crc32c, encode(content_sha256, 'hex') as "contentHash", held, ${isCovered} as covered
    from archive a where name = ${name} and removed_at is null order by id desc limit 1`.execute(tx)
  return rows[0]
}

/** Notes that storage is about to release the object although a legal hold may cover it, because another object is going to replace it. */
export async function noteRelease(tx: Tx, id: string): Promise<void> {
  await sql`update archive set hold_pending = held where id = ${id}::bigint and removed_at is null`.execute(tx)
}

/** Records a copy of a recorded object, which is about to be held. Safe to repeat. @returns the id of its record. */
export async function insertHeldCopy(tx: Tx, of: string, copy: Omit<HeldObject, 'id'>): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with made as (
      insert into archive (
        dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, written_at, verified_at,
        held, hold_pending
      )
      select dataset, tenant_id, month, ${copy.name}, ${copy.generation}::bigint, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256,
        'replaced', written_at, clock_timestamp(), true, true
      from archive where id = ${of}::bigint
      on conflict (name, generation) do nothing
      returning id
    )
    select id from made
    union all select id from archive where name = ${copy.name} and generation = ${copy.generation}::bigint
    limit 1`.execute(tx)
  const row = rows[0]
  if (!row) throw new Error(`the copy ${copy.name} was not recorded`)
  return row.id
}

/** Returns the id of the object that holds the month; undefined when none does. */
export async function selectHolderId(tx: Tx, { tenantId, month }: TenantMonth): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from archive
    where dataset = 'metrics' and tenant_id = ${tenantId}::int and month = ${month}::date and state = 'verified'`.execute(
    tx,
  )
  return rows[0]?.id
}
