// The object that holds a tenant's month, as the database knows it.

import { sql, type Transaction } from 'kysely'
import type { WrittenObject } from '../archive/whole-rows.ts'
import type { Micros } from '../base/time.ts'
import { literalInstant } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'
import { isCovered } from '../schema/legal-holds.ts'
import type { TenantMonth } from './run-queries.ts'

type Tx = Transaction<Database>

/** The object of a month. */
export interface MonthObject extends WrittenObject {
  readonly id: string
  /** Every hour of it that no row of the log touches has its roll-up in the database. */
  readonly rolledUp: boolean
  /** True when it has a temporary hold. */
  readonly held: boolean
}

/** The object that holds the month; undefined when none does. */
export async function selectMonthObject(tx: Tx, { tenantId, month }: TenantMonth): Promise<MonthObject | undefined> {
  const { rows } = await sql<MonthObject>`
    select id, name, generation::text as generation, size_bytes::float8 as size, crc32c, rows::float8 as rows, min_ts as "minTs", max_ts as "maxTs",
      encode(content_sha256, 'hex') as "contentHash", rolled_up as "rolledUp", held
    from archive where dataset = 'metrics' and tenant_id = ${tenantId}::int and month = ${month}::date and state = 'verified'`.execute(
    tx,
  )
  return rows[0]
}

/** Returns the recorded generation of an object that may still be in storage, in any state; `0` when none is recorded. */
export async function selectKnownGeneration(tx: Tx, name: string): Promise<string> {
  const { rows } = await sql<{ generation: string }>`
    select generation::text as generation from archive where name = ${name} and removed_at is null order by id desc limit 1`.execute(
    tx,
  )
  return rows[0]?.generation ?? '0'
}

export interface PlacedObject extends TenantMonth {
  readonly name: string
  readonly generation: string
  readonly size: number
  readonly crc32c: string
  readonly rows: number
  readonly minAt: Micros
  readonly maxAt: Micros
  /** Hexadecimal. */
  readonly contentHash: string
}

/**
 * From the commit on the object holds the month, in place of the one that did. That one is gone from storage where both have one name. A
 * replacement has been cold since the first object was.
 */
export async function insertMonthObject(tx: Tx, object: PlacedObject): Promise<void> {
  const { tenantId, month } = object
  await sql`
    with before as (
      update archive set state = 'replaced'
      where dataset = 'metrics' and tenant_id = ${tenantId}::int and month = ${month}::date and state = 'verified'
      returning rolled_up, coalesce(cold_since, written_at) as cold_since
    )
    insert into archive (
      dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, verified_at, rolled_up, cold_since
    )
    select 'metrics', ${tenantId}::int, ${month}::date, ${object.name}, ${object.generation}::bigint, ${object.rows}::bigint,
      ${literalInstant(object.minAt)}, ${literalInstant(object.maxAt)}, ${object.size}::bigint, ${object.crc32c}, decode(${object.contentHash}, 'hex'),
      'written', clock_timestamp(), coalesce((select rolled_up from before), true), coalesce((select cold_since from before), clock_timestamp())`.execute(
    tx,
  )
  await sql`
    update archive set removed_at = clock_timestamp(), held = false, hold_pending = false
    where name = ${object.name} and generation <> ${object.generation}::bigint and removed_at is null`.execute(tx)
  // Two objects of a month may not be verified at one time, and the update above is not seen by the statement that it is a part of. That the object
  // is going to be held is noted before it is.
  await sql`
    update archive a set state = 'verified', held = ${isCovered}, hold_pending = ${isCovered}
    where name = ${object.name} and generation = ${object.generation}::bigint`.execute(tx)
}

/** Records that no object holds the month any more, so that its object may be removed, and that its roll-ups may be incomplete. */
export async function retireMonthObject(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  state: 'replaced' | 'expired',
): Promise<void> {
  await sql`
    update archive set state = ${state}
    where dataset = 'metrics' and tenant_id = ${tenantId}::int and month = ${month}::date and state = 'verified'`.execute(
    tx,
  )
}
