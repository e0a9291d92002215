// The statements on legal holds and the objects that they cover.

import type { ArchiveDataset } from '@penstock/shared/schema/archive.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { coversObject, isCovered } from '@penstock/shared/schema/legal-holds.ts'
import { type SqlBool, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface NewHold {
  readonly tenantId: number
  readonly dataset: ArchiveDataset
  /** In RFC 3339; `to` is exclusive. */
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly placedBy: string
}

/** Times are PostgreSQL's text. */
export interface HoldRow {
  readonly id: string
  readonly tenant: string
  readonly dataset: ArchiveDataset
  readonly from_ts: string
  readonly to_ts: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
  readonly released_by: string | null
  readonly released_at: string | null
}

/** Returns a tenant's id; undefined when there is no such tenant. */
export async function selectTenantId(tx: Tx, name: string): Promise<number | undefined> {
  return (await tx.selectFrom('tenant').select('id').where('name', '=', name).executeTakeFirst())?.id
}

/** Records a hold and returns its id; an active hold with the same content is returned instead. */
export async function insertHold(tx: Tx, hold: NewHold): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with standing as (
      select id from archive_hold
      where tenant_id = ${hold.tenantId}::int and dataset = ${hold.dataset} and from_ts = ${hold.from}::timestamptz
        and to_ts = ${hold.to}::timestamptz and reason = ${hold.reason} and released_at is null
    ), placed as (
      insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
      select ${hold.tenantId}::int, ${hold.dataset}, ${hold.from}::timestamptz, ${hold.to}::timestamptz, ${hold.reason}, ${hold.placedBy}
      where not exists (select from standing)
      returning id
    )
    select id from standing union all select id from placed limit 1`.execute(tx)
  return rows[0]?.id ?? ''
}

/** Ends a hold, whose record remains; one that was already released is not changed. */
export async function endHold(tx: Tx, id: string, releasedBy: string): Promise<void> {
  await sql`
    update archive_hold set released_at = clock_timestamp(), released_by = ${releasedBy}
    where id = ${id}::bigint and released_at is null`.execute(tx)
}

/** Selects holds: the one with this id, all of a tenant, or all. */
export async function selectHolds(
  tx: Tx,
  { id, tenant }: { readonly id?: string | undefined; readonly tenant?: string | undefined },
): Promise<HoldRow[]> {
  const { rows } = await sql<HoldRow>`
    select h.id, t.name as tenant, dataset, from_ts, to_ts, reason, placed_by, placed_at, released_by, released_at
    from archive_hold h join tenant t on t.id = h.tenant_id
    where (${id ?? null}::bigint is null or h.id = ${id ?? null}::bigint)
      and (${tenant ?? null}::text is null or t.name = ${tenant ?? null}::text)
    order by h.id desc limit 1000`.execute(tx)
  return rows
}

/** Counts the objects in storage that a hold covers. */
export async function countCovered(tx: Tx, holdId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from archive a join archive_hold h on ${coversObject}
    where h.id = ${holdId}::bigint and a.removed_at is null`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Expires the objects of rows that were written by this instant and are not on hold; returns their number. */
export async function expireRowObjects(tx: Tx, writtenBy: string): Promise<number> {
  const { numAffectedRows } = await sql`update archive a set state = 'expired' where ${isOver(writtenBy)}`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/** Counts the objects that `expireRowObjects` would expire. */
export async function countExpiredRowObjects(tx: Tx, writtenBy: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from archive a where ${isOver(writtenBy)}`.execute(tx)
  return rows[0]?.count ?? 0
}

const isOver = (writtenBy: string) => sql<SqlBool>`
  a.dataset <> 'metrics' and a.state = 'verified' and a.written_at <= ${writtenBy}::timestamptz and not ${isCovered}`
