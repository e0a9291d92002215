// The statements that delete roll-ups at the end of their time. Run those that change something under the tenant's lock.

import { sql, type Transaction } from 'kysely'
import { formatTimestamp, type Micros, monthStart } from '../base/time.ts'
import { list, literalInstant } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** First day of the oldest month in which the tenant has a chunk; undefined when it has none. */
export async function selectOldestChunkMonth(tx: Tx, tenantId: number): Promise<string | undefined> {
  const { rows } = await sql<{ month: string | null }>`
    select date_trunc('month', min(last_ts) at time zone 'UTC')::date::text as month
    from metric_chunk where tenant_id::bigint = ${tenantId}::bigint`.execute(tx)
  return rows[0]?.month ?? undefined
}

/** Returns ids of the tenant's series that have roll-ups before the first day `end`: one probe of the key for each series. */
export async function selectRolledUp(
  tx: Tx,
  { tenantId, end, limit }: { readonly tenantId: number; readonly end: string; readonly limit: number },
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select s.id from metric_series s
    where s.tenant_id = ${tenantId}::int
      and exists (select from metric_hour h where h.series_id = s.id and h.bucket < ${literalInstant(monthStart(end))})
    limit ${limit}::int`.execute(tx)
  return rows.map(({ id }) => id)
}

export interface DueHours {
  readonly tenantId: number
  readonly ids: readonly number[]
  /** First day of the first month that stays. */
  readonly end: string
  readonly now: Micros
}

/**
 * Deletes the roll-ups of these series before `end`, says of the objects of those months that their roll-ups are not complete, and of the days that
 * they changed. @returns how many roll-ups were deleted.
 */
export async function deleteHours(tx: Tx, { tenantId, ids, end, now }: DueHours): Promise<number> {
  await sql`
    update archive set rolled_up = false
    where dataset = 'metrics' and tenant_id = ${tenantId}::int and rolled_up and month < ${end}::date`.execute(tx)
  const { rows } = await sql<{ deleted: number }>`
    with gone as (
      delete from metric_hour
      where tenant_id = ${tenantId}::int and series_id = any(${list(ids)}::int[]) and bucket < ${literalInstant(monthStart(end))}
      returning bucket
    ), marked as (
      insert into compaction_mark (tenant_id, day, random, points, compacted_at)
      select ${tenantId}::int, day, (random() * 9007199254740991)::bigint, 0, ${formatTimestamp(now)}::timestamptz
      from (select distinct (bucket at time zone 'UTC')::date as day from gone) days
      on conflict (tenant_id, day) do update set mark = default, random = excluded.random
    )
    select count(*)::float8 as deleted from gone`.execute(tx)
  return rows[0]?.deleted ?? 0
}

/** Counts the tenant's roll-ups before the first day `end`. */
export async function countHours(tx: Tx, tenantId: number, end: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select coalesce(sum(h.count), 0)::float8 as count from metric_series s cross join lateral (
      select count(*) as count from metric_hour where series_id = s.id and bucket < ${literalInstant(monthStart(end))}
    ) h where s.tenant_id = ${tenantId}::int`.execute(tx)
  return rows[0]?.count ?? 0
}
